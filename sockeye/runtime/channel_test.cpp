#include "sockeye/runtime/channel.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <vector>

#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<> send_all(channel<int>* to, int count, std::size_t* most) {
    for (int i = 0; i < count; ++i) {
        const bool taken = co_await to->send(i);
        EXPECT_TRUE(taken);
        *most = std::max(*most, to->size());
    }
    to->close();
}
task<> bounded() {
    channel<int> values(3);
    std::size_t most = 0;
    co_await with_group(
        [](task_group& group, channel<int>* values, std::size_t* most) -> task<> {
            group.spawn(send_all, values, 100, most);
            int next = 0;
            while (auto value = co_await values->recv()) EXPECT_EQ(*value, next++);
            EXPECT_EQ(next, 100);
        },
        &values, &most);
    EXPECT_EQ(most, 3u);
    const bool taken = co_await values.send(1);
    EXPECT_FALSE(taken);
}
TEST(channel, is_bounded_and_in_order) {
    in_virtual_time(bounded());
}

task<> closing() {
    channel<std::unique_ptr<int>> values(2);
    EXPECT_TRUE(values.try_send(std::make_unique<int>(1)));
    EXPECT_TRUE(values.try_send(std::make_unique<int>(2)));
    EXPECT_FALSE(values.try_send(std::make_unique<int>(3)));
    EXPECT_EQ(values.dropped(), 1u);
    co_await with_group(
        [](task_group& group, channel<std::unique_ptr<int>>* values) -> task<> {
            group.spawn(
                [](channel<std::unique_ptr<int>>* values) -> task<> {
                    const bool taken = co_await values->send(std::make_unique<int>(3));
                    EXPECT_FALSE(taken);
                },
                values);
            co_await sleep(1s);
            values->close();
        },
        &values);
    const auto one = co_await values.recv();
    const auto two = co_await values.recv();
    const auto end = co_await values.recv();
    EXPECT_EQ(**one, 1);
    EXPECT_EQ(**two, 2);
    EXPECT_FALSE(end);
}
TEST(channel, close_wakes_all_and_keeps_what_is_in_it) {
    in_virtual_time(closing());
}

task<> take_one(channel<int>* from, std::vector<int>* order, int who) {
    const auto value = co_await from->recv();
    if (value) order->push_back(who);
}
task<> fair() {
    channel<int> values(10);
    std::vector<int> order;
    co_await with_group(
        [](task_group& group, channel<int>* values, std::vector<int>* order) -> task<> {
            for (int who = 0; who < 5; ++who) {
                group.spawn(take_one, values, order, who);
                co_await yield();
            }
            for (int i = 0; i < 5; ++i) values->try_send(i);
            // One who has not waited takes what another was woken for; nobody is lost by it.
            const auto stolen = values->try_recv();
            EXPECT_TRUE(stolen);
            co_await sleep(1s);
            EXPECT_EQ(order->size(), 4u);
            values->try_send(5);
        },
        &values, &order);
    EXPECT_EQ(order, (std::vector{0, 1, 2, 3, 4}));
}
TEST(channel, first_come_first_served) {
    in_virtual_time(fair());
}

task<> cancelled_receiver_loses_nothing() {
    for (int ticks = -2; ticks <= 2; ++ticks) {
        channel<int> values(4);
        int received = 0;
        co_await with_group(
            [](task_group& group, channel<int>* values, int* received, int ticks) -> task<> {
                for (int who = 0; who < 2; ++who) {
                    group.spawn(
                        [](channel<int>* values, int* received, duration limit) -> task<> {
                            const auto value = co_await as_expected(timeout(limit, values->recv()));
                            if (value && *value) ++*received;
                        },
                        values, received, who == 0 ? duration(1s) : duration(1h));
                }
                co_await sleep(1s + duration(ticks * 65536));
                values->try_send(1);
                co_await sleep(1s);
                values->close();
            },
            &values, &received, ticks);
        // The second has it when the first was given up: the value does not lie there.
        EXPECT_EQ(received, 1) << ticks;
        EXPECT_EQ(values.size(), 0u);
    }
}
TEST(channel, a_receiver_that_is_given_up_loses_nothing) {
    in_virtual_time(cancelled_receiver_loses_nothing());
}

task<> cancelled_in_its_turn() {
    channel<int> values(1);
    int received = 0;
    co_await with_group(
        [](task_group& group, channel<int>* values, int* received) -> task<> {
            task_group first;
            first.spawn([](channel<int>* values) -> task<> { co_await values->recv(); }, values);
            co_await yield();
            group.spawn(
                [](channel<int>* values, int* received) -> task<> {
                    if (co_await values->recv()) ++*received;
                },
                values, received);
            co_await yield();
            values->try_send(1);  // wakes the first
            first.cancel();       // which is cancelled before it runs
            co_await first.join();
        },
        &values, &received);
    EXPECT_EQ(received, 1);
}
TEST(channel, a_turn_is_passed_on_by_the_cancelled) {
    in_virtual_time(cancelled_in_its_turn());
}

}  // namespace
}  // namespace sockeye
