#include "hub/store/store.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <gtest/gtest.h>
#include <mutex>
#include <sqlite3.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "hub/store/test_directory.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

publication message(std::string topic, std::string_view payload) {
    publication what;
    what.topic = std::move(topic);
    what.payload = shared_bytes(payload);
    what.content_type = "text/plain";
    what.sender = "test";
    return what;
}

std::int64_t put(store& log, publication what) {
    const auto id = log.publish_and_wait(std::move(what));
    EXPECT_TRUE(id) << id.error().reason;
    return id.value_or(-1);
}

std::vector<std::int64_t> ids_of(const std::vector<shared_event>& events) {
    std::vector<std::int64_t> ids;
    for (const shared_event& e : events) ids.push_back(e->id);
    return ids;
}

history_query query_for(std::vector<std::string> filters, std::int64_t since = 0) {
    history_query query;
    query.filters = std::move(filters);
    if (since) query.since = since;
    return query;
}

bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 1000; ++i) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

using ids = std::vector<std::int64_t>;

TEST(store, an_event_is_there_after_a_restart) {
    const test_directory directory;
    {
        store log(directory.data());
        EXPECT_EQ(put(log, message("a/b", "hello")), 1);
        publication expiring = message("a/c", std::string_view("\0\xFF", 2));
        expiring.lifetime = std::chrono::hours(1);
        expiring.retained = retain::yes;
        EXPECT_EQ(put(log, expiring), 2);
    }
    struct stat info{};
    ASSERT_EQ(::stat(directory.data().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    store log(directory.data());
    EXPECT_EQ(log.last_id(), 2);
    const history_page page = log.history(query_for({"a/#"}));
    ASSERT_EQ(ids_of(page.events), (ids{1, 2}));
    EXPECT_TRUE(page.complete);
    EXPECT_FALSE(page.gap);
    const event& first = *page.events[0];
    EXPECT_EQ(first.topic, "a/b");
    EXPECT_EQ(first.payload.view().text(), "hello");
    EXPECT_EQ(first.content_type, "text/plain");
    EXPECT_EQ(first.sender, "test");
    EXPECT_EQ(first.retained, retain::no);
    EXPECT_FALSE(first.expires);
    EXPECT_FALSE(first.file);
    const event& second = *page.events[1];
    EXPECT_EQ(second.payload.size(), 2u);
    EXPECT_EQ(second.retained, retain::yes);
    EXPECT_EQ(second.expires, second.time + std::chrono::hours(1));
    EXPECT_EQ(put(log, message("a", "")), 3);
}

TEST(store, second_open_is_refused_and_says_who) {
    const test_directory directory;
    const store log(directory.data());
    try {
        const store second(directory.data());
        FAIL() << "opened twice";
    } catch (const error& refusal) {
        const std::string text = refusal.what();
        EXPECT_NE(text.find("in use"), std::string::npos) << text;
        EXPECT_NE(text.find("process " + std::to_string(::getpid())), std::string::npos) << text;
    }
}

void run_sql(const std::string& file, const char* sql) {
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    sqlite3_close(db);
}

std::string refusal_of(const std::string& directory) {
    try {
        const store log(directory);
    } catch (const error& refusal) {
        return refusal.what();
    }
    return "opened";
}

TEST(store, newer_schema_is_refused) {
    const test_directory directory;
    {
        const store log(directory.data());
    }
    run_sql(directory.data() + "/log.db", "PRAGMA user_version=99");
    const std::string text = refusal_of(directory.data());
    EXPECT_NE(text.find("newer program"), std::string::npos) << text;
    EXPECT_NE(text.find("schema 99"), std::string::npos) << text;
}

TEST(store, foreign_database_is_refused) {
    const test_directory directory;
    ASSERT_EQ(::mkdir(directory.data().c_str(), 0700), 0);
    run_sql(directory.data() + "/log.db", "CREATE TABLE x(y)");
    const std::string text = refusal_of(directory.data());
    EXPECT_NE(text.find("another program"), std::string::npos) << text;
}

TEST(store, refusals_before_the_queue) {
    const test_directory directory;
    store_options options;
    options.max_payload_bytes = 10;
    store log(directory.data(), options);
    const auto status = [&](publication what) {
        const auto id = log.publish_and_wait(std::move(what));
        return id ? store_status::stored : id.error().status;
    };
    EXPECT_EQ(status(message("a/+", "x")), store_status::invalid);
    EXPECT_EQ(status(message("", "x")), store_status::invalid);
    EXPECT_EQ(status(message("a", "12345678901")), store_status::too_large);
    publication long_key = message("a", "x");
    long_key.idempotency_key.assign(256, 'k');
    EXPECT_EQ(status(long_key), store_status::invalid);
    publication negative = message("a", "x");
    negative.lifetime = std::chrono::milliseconds(-1);
    EXPECT_EQ(status(negative), store_status::invalid);
    EXPECT_EQ(log.last_id(), 0);
}

// Holds the writer in the broadcast until it is let go, so that a test can fill the queue.
class gate final : public committed_listener {
  public:
    void on_committed(std::span<const shared_event> batch) noexcept override {
        std::unique_lock lock(mutex_);
        for (const shared_event& e : batch) seen_.push_back(e->id);
        is_held_ = true;
        changed_.notify_all();
        changed_.wait(lock, [&] { return is_open_; });
    }
    void wait_until_held() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return is_held_; });
    }
    void open() {
        const std::lock_guard lock(mutex_);
        is_open_ = true;
        changed_.notify_all();
    }
    ids seen() {
        const std::lock_guard lock(mutex_);
        return seen_;
    }

  private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool is_held_ = false;
    bool is_open_ = false;
    ids seen_;
};

class recorder final : public publish_listener {
  public:
    void on_published(std::span<const publish_result> results) noexcept override {
        const std::lock_guard lock(mutex_);
        ++calls_;
        for (const publish_result& r : results) {
            tokens_.push_back(r.token);
            ids_.push_back(r.id);
            statuses_.push_back(r.status);
        }
    }
    std::size_t count() {
        const std::lock_guard lock(mutex_);
        return ids_.size();
    }
    std::mutex mutex_;
    int calls_ = 0;
    std::vector<std::uint64_t> tokens_;
    ids ids_;
    std::vector<store_status> statuses_;
};

TEST(store, one_batch_is_one_call_of_each_listener_after_the_broadcast) {
    const test_directory directory;
    gate held;
    recorder one;
    recorder two;
    store log(directory.data());
    log.broadcast_to(&held);
    ASSERT_TRUE(log.publish(message("t", "first"), 7, one));
    held.wait_until_held();
    EXPECT_EQ(one.count(), 0u);  // the broadcast comes first
    for (std::uint64_t i = 0; i < 20; ++i)
        ASSERT_TRUE(log.publish(message("t", "x"), i, i % 2 ? one : two));
    held.open();
    ASSERT_TRUE(eventually([&] { return one.count() + two.count() == 21; }));
    EXPECT_EQ(one.calls_, 2);
    EXPECT_EQ(two.calls_, 1);
    EXPECT_EQ(one.tokens_.front(), 7u);
    EXPECT_EQ(two.tokens_, (std::vector<std::uint64_t>{0, 2, 4, 6, 8, 10, 12, 14, 16, 18}));
    EXPECT_EQ(two.ids_, (ids{2, 4, 6, 8, 10, 12, 14, 16, 18, 20}));
    ids all(21);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i) + 1;
    EXPECT_EQ(held.seen(), all);
    EXPECT_EQ(log.counters().batches, 2u);
    log.broadcast_to(nullptr);
}

TEST(store, a_full_queue_says_overloaded) {
    const test_directory directory;
    gate held;
    recorder ends;
    store_options options;
    options.max_queued_events = 3;
    store log(directory.data(), options);
    log.broadcast_to(&held);
    ASSERT_TRUE(log.publish(message("t", "x"), 0, ends));
    held.wait_until_held();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.publish(message("t", "x"), 0, ends));
    const auto refused = log.publish(message("t", "x"), 0, ends);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, store_status::overloaded);
    EXPECT_EQ(log.counters().overloaded, 1u);
    held.open();
    ASSERT_TRUE(eventually([&] { return ends.count() == 4; }));
    EXPECT_EQ(put(log, message("t", "x")), 5);
    log.broadcast_to(nullptr);
}

TEST(store, what_is_queued_when_it_closes_is_committed) {
    const test_directory directory;
    recorder ends;
    {
        store log(directory.data());
        for (int i = 0; i < 500; ++i) ASSERT_TRUE(log.publish(message("t", "x"), 0, ends));
    }
    EXPECT_EQ(ends.count(), 500u);
    store log(directory.data());
    EXPECT_EQ(log.last_id(), 500);
}

TEST(store, idempotency_key_in_one_batch_later_and_after_a_restart) {
    const test_directory directory;
    publication keyed = message("t", "once");
    keyed.idempotency_key = "k1";
    {
        gate held;
        recorder ends;
        store log(directory.data());
        log.broadcast_to(&held);
        ASSERT_TRUE(log.publish(message("t", "x"), 0, ends));
        held.wait_until_held();
        ASSERT_TRUE(log.publish(keyed, 0, ends));
        ASSERT_TRUE(log.publish(keyed, 0, ends));
        held.open();
        ASSERT_TRUE(eventually([&] { return ends.count() == 3; }));
        EXPECT_EQ(ends.ids_, (ids{1, 2, 2}));
        EXPECT_EQ(ends.statuses_.back(), store_status::repeated);
        EXPECT_EQ(put(log, keyed), 2);
        EXPECT_EQ(held.seen(), (ids{1, 2}));
        EXPECT_EQ(log.counters().repeated, 2u);
        log.broadcast_to(nullptr);
    }
    store log(directory.data());
    EXPECT_EQ(put(log, keyed), 2);
    EXPECT_EQ(log.last_id(), 2);
    keyed.idempotency_key = "k2";
    EXPECT_EQ(put(log, keyed), 3);
}

TEST(store, retained_is_the_last_one_of_each_topic) {
    const test_directory directory;
    const auto retained = [](std::string topic, std::string_view payload) {
        publication what = message(std::move(topic), payload);
        what.retained = retain::yes;
        return what;
    };
    {
        store log(directory.data());
        put(log, retained("s/a", "1"));
        put(log, retained("s/b", "2"));
        put(log, retained("s/a", "3"));
        put(log, message("s/c", "not retained"));
        EXPECT_EQ(ids_of(log.retained({"s/+"}, 10)), (ids{2, 3}));
        EXPECT_EQ(ids_of(log.retained({"s/+"}, 1)), (ids{2}));
        EXPECT_EQ(ids_of(log.retained({"s/+"}, 10, 2)), (ids{3}));
        EXPECT_EQ(ids_of(log.retained({"s/a", "#"}, 10)), (ids{2, 3}));
    }
    store log(directory.data());
    EXPECT_EQ(put(log, retained("s/a", "")), 5);
    EXPECT_EQ(ids_of(log.retained({"#"}, 10)), (ids{2}));
    EXPECT_EQ(log.history(query_for({"s/a"})).events.size(), 3u);
}

TEST(store, retained_topics_are_bounded) {
    const test_directory directory;
    store_options options;
    options.max_retained = 1;
    store log(directory.data(), options);
    publication what = message("a", "x");
    what.retained = retain::yes;
    put(log, what);
    put(log, what);
    what.topic = "b";
    const auto refused = log.publish_and_wait(what);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().status, store_status::no_space);
    what.topic = "a";
    what.payload = {};
    put(log, what);
    what = message("b", "x");
    what.retained = retain::yes;
    EXPECT_EQ(put(log, what), 4);
}

TEST(store, expired_events_are_not_delivered) {
    const test_directory directory;
    store log(directory.data());
    publication what = message("t", "short");
    what.lifetime = std::chrono::milliseconds(1);
    what.retained = retain::yes;
    put(log, what);
    put(log, message("t", "long"));
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    EXPECT_EQ(ids_of(log.history(query_for({"t"})).events), (ids{2}));
    EXPECT_TRUE(log.retained({"t"}, 10).empty());
}

TEST(store, history_pages_in_order_for_any_filters) {
    const test_directory directory;
    store log(directory.data());
    recorder ends;
    for (int i = 0; i < 600; ++i)
        ASSERT_TRUE(log.publish(message("d/" + std::to_string(i % 60) + "/x", "p"), 0, ends));
    ASSERT_TRUE(eventually([&] { return ends.count() == 600; }));
    put(log, message("$internal", "hidden"));
    const auto read_all = [&](std::vector<std::string> filters, std::size_t limit) {
        ids all;
        history_query query = query_for(std::move(filters));
        query.limit = limit;
        while (true) {
            const history_page page = log.history(query);
            for (const std::int64_t id : ids_of(page.events)) all.push_back(id);
            if (page.complete) return all;
            EXPECT_GT(page.next_since, query.since.value_or(0));
            query.since = page.next_since;
        }
    };
    // Merged from the index, and read from the log: more than 32 topics.
    EXPECT_EQ(read_all({"d/7/x"}, 3), (ids{8, 68, 128, 188, 248, 308, 368, 428, 488, 548}));
    EXPECT_EQ(read_all({"d/7/+", "d/7/#"}, 3).size(), 10u);
    EXPECT_EQ(read_all({"d/7/x", "d/8/x"}, 5).size(), 20u);
    const ids everything = read_all({"#"}, 7);
    EXPECT_EQ(everything.size(), 600u);
    EXPECT_TRUE(std::ranges::is_sorted(everything));
    EXPECT_EQ(read_all({"d/+/x"}, 100), everything);
    EXPECT_EQ(read_all({"d/+"}, 100), ids{});
    EXPECT_EQ(read_all({"$internal"}, 100), (ids{601}));
    EXPECT_EQ(read_all({"d/#", "$internal"}, 100).size(), 601u);
}

TEST(store, a_page_is_bounded_in_bytes) {
    const test_directory directory;
    store log(directory.data());
    for (int i = 0; i < 4; ++i) put(log, message("t", std::string(1000, 'x')));
    history_query query = query_for({"t"});
    query.max_bytes = 2500;
    history_page page = log.history(query);
    EXPECT_EQ(ids_of(page.events), (ids{1, 2}));
    EXPECT_FALSE(page.complete);
    query.since = page.next_since;
    page = log.history(query);
    EXPECT_EQ(ids_of(page.events), (ids{3, 4}));
    EXPECT_TRUE(page.complete);
}

TEST(store, pruned_by_count_with_a_gap_told) {
    const test_directory directory;
    store_options options;
    options.max_events = 100;
    {
        store log(directory.data(), options);
        publication kept = message("kept", "state");
        kept.retained = retain::yes;
        put(log, kept);
        recorder ends;
        for (int i = 0; i < 2000; ++i) ASSERT_TRUE(log.publish(message("t", "x"), 0, ends));
        ASSERT_TRUE(eventually([&] { return ends.count() == 2000; }));
        put(log, message("t", "x"));
        ASSERT_TRUE(eventually([&] { return log.counters().pruned_up_to == 1902; }));
        EXPECT_TRUE(log.history(query_for({"t"}, 1901)).gap);
        const history_page page = log.history(query_for({"t"}, 1902));
        EXPECT_FALSE(page.gap);
        EXPECT_EQ(page.events.size(), 100u);
        EXPECT_EQ(page.pruned_up_to, 1902);
        EXPECT_FALSE(log.history(query_for({"t"})).gap);  // who asks for all there is
        EXPECT_TRUE(log.history(query_for({"t"}, 99'999)).gap);
        EXPECT_EQ(ids_of(log.retained({"kept"}, 1)), (ids{1}));
        kept.payload = shared_bytes("new");
        EXPECT_EQ(put(log, kept), 2003);
        EXPECT_EQ(ids_of(log.history(query_for({"kept"})).events), (ids{2003}));
    }
    store log(directory.data(), options);
    EXPECT_EQ(log.last_id(), 2003);
    EXPECT_GE(log.counters().pruned_up_to, 1902);
}

TEST(store, ids_are_never_given_twice_even_when_all_is_pruned) {
    const test_directory directory;
    store_options options;
    options.max_events = 0;
    {
        store log(directory.data(), options);
        put(log, message("t", "x"));
        ASSERT_TRUE(eventually([&] { return log.counters().pruned_up_to == 1; }));
        EXPECT_TRUE(log.history(query_for({"#"})).events.empty());
    }
    store log(directory.data(), options);
    EXPECT_EQ(put(log, message("t", "x")), 2);
}

TEST(store, pruned_by_age) {
    const test_directory directory;
    store_options options;
    options.max_age = std::chrono::hours(0);
    store log(directory.data(), options);
    put(log, message("t", "x"));
    EXPECT_TRUE(eventually([&] { return log.counters().pruned_up_to == 1; }));
}

TEST(store, pruned_by_bytes) {
    const test_directory directory;
    store_options options;
    options.max_log_bytes = 1 << 20;
    store log(directory.data(), options);
    for (int i = 0; i < 400; ++i) put(log, message("t", std::string(10'000, 'x')));
    EXPECT_TRUE(eventually([&] {
        const store_counters now = log.counters();
        return now.pruned_up_to > 0 && now.log_bytes <= options.max_log_bytes;
    }));
    EXPECT_FALSE(log.history(query_for({"t"}, 400)).gap);
}

TEST(store, many_publishers_each_hear_their_own_end) {
    const test_directory directory;
    store log(directory.data());
    std::atomic<int> wrong{0};
    std::vector<std::thread> publishers;
    for (int p = 0; p < 16; ++p)
        publishers.emplace_back([&, p] {
            std::int64_t last = 0;
            for (int i = 0; i < 50; ++i) {
                const auto id = log.publish_and_wait(message("p/" + std::to_string(p), "x"));
                if (!id || *id <= last) ++wrong;
                last = id.value_or(0);
                // A reader beside the writer sees what was acknowledged.
                if (i % 10 == 0 &&
                    log.history(query_for({"p/" + std::to_string(p)}, last - 1)).events.empty())
                    ++wrong;
            }
        });
    for (std::thread& publisher : publishers) publisher.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(log.last_id(), 800);
    EXPECT_LT(log.counters().batches, 800u);
}

}  // namespace
}  // namespace sockeye::hub
