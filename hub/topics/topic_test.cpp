#include "hub/topics/topic.hpp"

#include <gtest/gtest.h>
#include <string>

namespace sockeye::hub {
namespace {

TEST(topic, legal_topics_pass) {
    for (const std::string topic : {"a", "/", "a/b/c", "/a//b/", "$SYS/x",
                                    "caf\xC3\xA9/\xF0\x9F\x90\x9F", "a b", "files/a.txt"})
        EXPECT_TRUE(check_topic(topic)) << topic;
    EXPECT_TRUE(check_topic(std::string(max_topic_bytes, 'x')));
    EXPECT_TRUE(check_topic(std::string(max_topic_levels - 1, '/')));
}

// MQTT 5.0, 4.7.3 and 1.5.4.
TEST(topic, illegal_topics_are_refused_in_words) {
    EXPECT_EQ(check_topic("").error(), "the topic is empty");
    EXPECT_EQ(check_topic("a/+/b").error(),
              "the topic contains the wildcard `+`; only filters may");
    EXPECT_EQ(check_topic("a\xFF").error(), "the topic is not valid UTF-8 at byte 1");
    EXPECT_EQ(check_topic(std::string("a\0b", 3)).error(), "the topic contains NUL at byte 1");
    EXPECT_FALSE(check_topic(std::string(max_topic_bytes + 1, 'x')));
    EXPECT_FALSE(check_topic(std::string(max_topic_levels, '/')));
}

TEST(topic, utf8_is_checked_to_the_letter) {
    // RFC 3629, 4: overlong, surrogate, too high, cut short, lone continuation.
    for (const std::string bad :
         {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
          "\xE2\x82", "\x80", "\xC3(", "\xF0\x80\x80\x80"})
        EXPECT_FALSE(check_topic(bad));
    for (const std::string good : {"\xC2\x80", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                   "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
        EXPECT_TRUE(check_topic(good));
}

// MQTT 5.0, 4.7.1.
TEST(topic, filters) {
    for (const std::string good : {"#", "+", "a/#", "+/+/+", "a/+/b", "/+", "+/#", "$SYS/#"})
        EXPECT_TRUE(check_filter(good)) << good;
    for (const std::string bad : {"", "a#", "#/a", "a/#/b", "a+", "a/b+/c", "##", "+#", "a/#b"})
        EXPECT_FALSE(check_filter(bad)) << bad;
}

struct match_case {
    const char* filter;
    const char* topic;
    bool selected;
};

// The examples of MQTT 5.0, 4.7.1 to 4.7.3, and the corners between them.
TEST(topic, matching) {
    const match_case cases[] = {
        {"sport/tennis/player1/#", "sport/tennis/player1", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
        {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
        {"sport/#", "sport", true},
        {"#", "a", true},
        {"#", "/", true},
        {"sport/tennis/+", "sport/tennis/player1", true},
        {"sport/tennis/+", "sport/tennis/player1/ranking", false},
        {"sport/+", "sport", false},
        {"sport/+", "sport/", true},
        {"+/+", "/finance", true},
        {"/+", "/finance", true},
        {"+", "/finance", false},
        {"#", "$SYS/x", false},
        {"+/x", "$SYS/x", false},
        {"$SYS/#", "$SYS/x", true},
        {"$SYS/+", "$SYS/x", true},
        {"a/b", "a/b", true},
        {"a/b", "a/B", false},
        {"a/b", "a/b/c", false},
        {"a/b/c", "a/b", false},
        {"a/+/c", "a//c", true},
        {"a/+/#", "a/b", true},
        {"a/+/#", "a", false},
        {"ab", "a", false},
        {"/a", "a", false},
    };
    for (const match_case& c : cases)
        EXPECT_EQ(matches(c.filter, c.topic), c.selected) << c.filter << " on " << c.topic;
}

TEST(topic, of_a_file) {
    EXPECT_EQ(topic_of_file("a/b.txt"), "files/a/b.txt");
    EXPECT_EQ(topic_of_file("50% + #1"), "files/50%25 %2B %231");
    EXPECT_EQ(topic_of_file("caf\xC3\xA9"), "files/caf\xC3\xA9");
    EXPECT_EQ(topic_of_file("caf\xE9"), "files/caf%E9");
    EXPECT_EQ(topic_of_file("a\nb\xC2\x85"), "files/a%0Ab%C2%85");
    EXPECT_EQ(topic_of_file(std::string("a\0b", 3)), "files/a%00b");
}

TEST(topic, of_any_file_is_legal) {
    std::string every_byte;
    for (int i = 0; i < 256; ++i) every_byte += static_cast<char>(i);
    EXPECT_TRUE(check_topic(topic_of_file(every_byte)));
    EXPECT_TRUE(check_topic(topic_of_file(std::string(21'000, '\xFF'))));
    EXPECT_TRUE(check_topic(topic_of_file(std::string(1000, '/'))));
    EXPECT_NE(topic_of_file("%2B"), topic_of_file("+"));
}

}  // namespace
}  // namespace sockeye::hub
