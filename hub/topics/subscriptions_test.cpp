#include "hub/topics/subscriptions.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

std::vector<subscriber_id> found(const subscriptions& trie, std::string_view topic) {
    std::vector<subscriber_id> all;
    trie.match(topic, [&](subscriber_id id) { all.push_back(id); });
    std::ranges::sort(all);
    return all;
}

using ids = std::vector<subscriber_id>;

TEST(subscriptions, insert_match_erase) {
    subscriptions trie;
    EXPECT_TRUE(trie.insert("a/+", 1));
    EXPECT_TRUE(trie.insert("a/#", 2));
    EXPECT_TRUE(trie.insert("a/b", 3));
    EXPECT_TRUE(trie.insert("a/b", 1));
    EXPECT_FALSE(trie.insert("a/b", 1));
    EXPECT_EQ(trie.size(), 4u);
    EXPECT_EQ(found(trie, "a/b"), (ids{1, 1, 2, 3}));
    EXPECT_EQ(found(trie, "a"), (ids{2}));
    EXPECT_EQ(found(trie, "b"), ids{});
    EXPECT_TRUE(trie.erase("a/b", 1));
    EXPECT_FALSE(trie.erase("a/b", 1));
    EXPECT_FALSE(trie.erase("x/y", 1));
    EXPECT_EQ(found(trie, "a/b"), (ids{1, 2, 3}));
    EXPECT_TRUE(trie.erase("a/+", 1));
    EXPECT_TRUE(trie.erase("a/#", 2));
    EXPECT_TRUE(trie.erase("a/b", 3));
    EXPECT_TRUE(trie.empty());
    EXPECT_EQ(found(trie, "a/b"), ids{});
}

TEST(subscriptions, dollar_topics_hide_from_first_level_wildcards) {
    subscriptions trie;
    trie.insert("#", 1);
    trie.insert("+/x", 2);
    trie.insert("$SYS/#", 3);
    trie.insert("$SYS/+", 4);
    EXPECT_EQ(found(trie, "$SYS/x"), (ids{3, 4}));
    EXPECT_EQ(found(trie, "$SYS"), (ids{3}));
    EXPECT_EQ(found(trie, "s/x"), (ids{1, 2}));
}

// A small alphabet, so that random filters often meet random topics.
std::string random_levels(std::mt19937& random, const std::vector<std::string>& alphabet,
                          std::size_t most) {
    const std::size_t count = 1 + random() % most;
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        if (i) text += '/';
        text += alphabet[random() % alphabet.size()];
    }
    return text;
}

TEST(subscriptions, agrees_with_plain_matching) {
    std::mt19937 random(20240607);
    const std::vector<std::string> names{"a", "b", "", "$s", "ab"};
    const std::vector<std::string> wild{"a", "b", "", "$s", "+", "+", "#"};
    subscriptions trie;
    std::set<std::pair<std::string, subscriber_id>> plain;
    for (int round = 0; round < 20'000; ++round) {
        const std::string filter = random_levels(random, wild, 4);
        const subscriber_id who = random() % 8;
        if (check_filter(filter)) {
            if (random() % 2)
                EXPECT_EQ(trie.insert(filter, who), plain.emplace(filter, who).second);
            else
                EXPECT_EQ(trie.erase(filter, who), plain.erase({filter, who}) == 1);
        }
        const std::string topic = random_levels(random, names, 5);
        if (!check_topic(topic)) continue;
        ids expected;
        for (const auto& [f, id] : plain)
            if (matches(f, topic)) expected.push_back(id);
        std::ranges::sort(expected);
        ASSERT_EQ(found(trie, topic), expected) << topic;
        ASSERT_EQ(trie.size(), plain.size());
    }
}

TEST(subscriptions, thousand_of_one_filter_and_a_hundred_thousand_filters) {
    subscriptions trie;
    for (subscriber_id i = 0; i < 1000; ++i) trie.insert("news/#", i);
    for (subscriber_id i = 0; i < 100'000; ++i)
        trie.insert("device/" + std::to_string(i) + "/state", i);
    EXPECT_EQ(found(trie, "news/today").size(), 1000u);
    EXPECT_EQ(found(trie, "device/77777/state"), (ids{77'777}));
    for (subscriber_id i = 0; i < 100'000; ++i)
        ASSERT_TRUE(trie.erase("device/" + std::to_string(i) + "/state", i));
    for (subscriber_id i = 0; i < 1000; ++i) ASSERT_TRUE(trie.erase("news/#", i));
    EXPECT_TRUE(trie.empty());
}

}  // namespace
}  // namespace sockeye::hub
