#include "sockeye/runtime/time.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sockeye/runtime/blocking.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

time_point now() {
    return loop::current().engine().now();
}
// It took what it should: never less, and at most a tick more.
void expect_took(time_point start, duration time) {
    EXPECT_GE(now() - start, time);
    EXPECT_LE(now() - start, time + 1ms);
}

task<int> answer_after(duration time) {
    co_await sleep(time);
    co_return 42;
}

task<> sleeps() {
    for (const duration time : {1ns, duration(1ms), duration(1s), duration(24h * 365)}) {
        const time_point start = now();
        co_await sleep(time);
        expect_took(start, time);
    }
}
TEST(sleep, is_exact) {
    in_virtual_time(sleeps());
}

task<> is_in_time() {
    const time_point start = now();
    const int answer = co_await timeout(2s, answer_after(1s));
    EXPECT_EQ(answer, 42);
    expect_took(start, 1s);
    const auto late = co_await as_expected(timeout(1s, answer_after(2s)));
    EXPECT_EQ(late ? "in time" : kind_of(late.error()), "timeout");
    expect_took(start, 2s);
    const auto forever = co_await as_expected(timeout(duration::max(), answer_after(1s)));
    EXPECT_TRUE(forever);
    EXPECT_EQ(loop::current().timers().count(), 0u);
}
TEST(timeout, ends_what_takes_longer) {
    in_virtual_time(is_in_time());
}

task<> at_the_same_tick() {
    // Whichever is first, there is one answer, and it is whole.
    for (int i = -3; i <= 3; ++i) {
        const auto answer =
            co_await as_expected(timeout(1s, answer_after(1s + duration(i * 65536))));
        if (answer)
            EXPECT_EQ(*answer, 42);
        else
            EXPECT_TRUE(answer.error().is_timeout());
        EXPECT_EQ(answer.has_value(), i < 0 || answer.has_value());
    }
    EXPECT_EQ(loop::current().timers().count(), 0u);
}
TEST(timeout, may_meet_the_completion) {
    in_virtual_time(at_the_same_tick());
}

task<> nested() {
    const time_point start = now();
    const auto inner = co_await as_expected(timeout(10s, timeout(1s, answer_after(1h))));
    EXPECT_EQ(inner ? "in time" : kind_of(inner.error()), "timeout");
    expect_took(start, 1s);
    const time_point second = now();
    const auto outer = co_await as_expected(timeout(1s, timeout(10s, answer_after(1h))));
    EXPECT_EQ(outer ? "in time" : kind_of(outer.error()), "timeout");
    expect_took(second, 1s);
    // Afterwards nothing of it is left.
    co_await sleep(1h);
}
TEST(timeout, nests) {
    in_virtual_time(nested());
}

task<> three_waits(int* done) {
    const auto limit = co_await deadline(5s);
    for (int i = 0; i < 3; ++i) {
        co_await sleep(2s);
        ++*done;
    }
}
task<> scopes() {
    int done = 0;
    const time_point start = now();
    const std::string end = co_await ending_of(three_waits(&done));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(done, 2);
    expect_took(start, 5s);
    // The scope has ended with its block.
    co_await sleep(10s);
}
TEST(deadline, covers_several_waits) {
    in_virtual_time(scopes());
}

task<> past_deadline_lets_nothing_begin() {
    const auto limit = co_await deadline(1s);
    const auto first = co_await as_expected(sleep(2s));
    EXPECT_FALSE(first);
    const auto second = co_await as_expected(sleep(1ns));
    EXPECT_EQ(second ? "" : kind_of(second.error()), "timeout");
}
TEST(deadline, stays_in_force_once_it_has_passed) {
    in_virtual_time(past_deadline_lets_nothing_begin());
}

// A timeout counts from when it is asked for, however long the loop was away before.
task<> after_a_long_wait() {
    channel<int> values(1);
    co_await with_group(
        [](task_group& group, channel<int>* values) -> task<> {
            group.spawn(
                [](channel<int>* values) -> task<> {
                    co_await sleep(1h);
                    co_await values->send(1);
                },
                values);
            co_await values->recv();
            const auto answer = co_await as_expected(timeout(1s, answer_after(500ms)));
            EXPECT_TRUE(answer);
        },
        &values);
    co_await blocking([] {}, 10s);
    const auto answer = co_await as_expected(timeout(1s, answer_after(500ms)));
    EXPECT_TRUE(answer);
}
TEST(timeout, counts_from_now) {
    in_virtual_time(after_a_long_wait());
}

task<> farewell(std::string* log) {
    try {
        co_await sleep(1h);
    } catch (const error& e) {
        *log += kind_of(e);
    }
    {
        const auto shelter = co_await shield();
        co_await sleep(1s);
        const auto limited = co_await as_expected(timeout(1s, sleep(1h)));
        *log += limited ? " endless" : " " + kind_of(limited.error());
    }
    const auto after = co_await as_expected(sleep(1s));
    *log += after ? " not felt" : " " + kind_of(after.error());
}
task<> sheltered() {
    std::string log;
    co_await with_group(
        [](task_group& group, std::string* log) -> task<> {
            group.spawn(farewell, log);
            co_await sleep(1s);
            group.cancel();
            co_await sleep(500ms);
            group.cancel();
        },
        &log);
    EXPECT_EQ(log, "cancelled timeout cancelled");
    log.clear();
    const std::string end = co_await ending_of(as_task(timeout(1s, farewell(&log))));
    EXPECT_EQ(log, "timeout timeout timeout");
    EXPECT_EQ(end, "");
}
TEST(shield, keeps_cancellation_out_for_a_while) {
    in_virtual_time(sheltered());
}

task<> yields() {
    int turns = 0;
    co_await with_group(
        [](task_group& group, int* turns) -> task<> {
            for (int i = 0; i < 3; ++i) {
                group.spawn(
                    [](int* turns) -> task<> {
                        for (int k = 0; k < 10; ++k) {
                            co_await yield();
                            ++*turns;
                        }
                    },
                    turns);
            }
            for (int k = 0; k < 5; ++k) co_await yield();
            EXPECT_GE(*turns, 3);
            EXPECT_LE(*turns, 18);
        },
        &turns);
    EXPECT_EQ(turns, 30);
}
TEST(yield, lets_the_others_run) {
    in_virtual_time(yields());
}

}  // namespace
}  // namespace sockeye
