#include "sockeye/runtime/race.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>

#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<int> number_after(duration time, int value) {
    co_await sleep(time);
    co_return value;
}
task<std::unique_ptr<int>> pointer_after(duration time) {
    co_await sleep(time);
    co_return std::make_unique<int>(3);
}
task<> fails_after(duration time) {
    co_await sleep(time);
    throw std::runtime_error("lost");
}

task<> first_wins() {
    const time_point start = loop::current().engine().now();
    const auto first = co_await race(number_after(3s, 1), sleep(2s), pointer_after(1s));
    EXPECT_EQ(first.index(), 2u);
    EXPECT_EQ(*std::get<2>(first), 3);
    EXPECT_LT(loop::current().engine().now() - start, 1001ms);
    const auto second = co_await race(number_after(1s, 1), sleep(2s));
    EXPECT_EQ(std::get<0>(second), 1);
    EXPECT_EQ(loop::current().counters().tasks, 1u);
    EXPECT_EQ(loop::current().timers().count(), 0u);
}
TEST(race, the_first_wins_and_the_others_are_gone) {
    in_virtual_time(first_wins());
}

task<> failures() {
    bool thrown = false;
    try {
        co_await race(fails_after(1s), sleep(2s));
    } catch (const std::runtime_error&) {
        thrown = true;
    }
    EXPECT_TRUE(thrown);
    const auto won = co_await race(fails_after(2s), sleep(1s));
    EXPECT_EQ(won.index(), 1u);
}
TEST(race, throws_what_the_first_to_end_threw) {
    in_virtual_time(failures());
}

task<> endless_race() {
    co_await race(sleep(1h), number_after(2h, 1));
}
task<> interrupted() {
    const std::string end = co_await ending_of(as_task(timeout(1s, endless_race())));
    EXPECT_EQ(end, "timeout");
    EXPECT_EQ(loop::current().counters().tasks, 1u);
}
TEST(race, may_be_interrupted) {
    in_virtual_time(interrupted());
}

task<> losers() {
    // The sender and the clock reach the race in the same turn, over and over: whoever wins, each
    // value arrives once.
    channel<int> values(10);
    int received = 0;
    for (int i = 0; i < 50; ++i) {
        co_await with_group(
            [](task_group& group, channel<int>* values, int* received) -> task<> {
                group.spawn(
                    [](channel<int>* values) -> task<> {
                        co_await sleep(1s);
                        co_await values->send(1);
                    },
                    values);
                const auto first = co_await race(sleep(1s), values->recv());
                if (first.index() == 1) ++*received;
            },
            &values, &received);
    }
    while (values.try_recv()) ++received;
    EXPECT_EQ(received, 50);
}
TEST(race, a_loser_takes_no_value_from_a_channel) {
    in_virtual_time(losers());
}

}  // namespace
}  // namespace sockeye
