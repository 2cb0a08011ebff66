#include "sockeye/runtime/loop.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <vector>

#include "sockeye/runtime/blocking.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<> waits_for_channel(channel<int>* values) {
    co_await values->recv();
}
task<> listing() {
    channel<int> values(1);
    co_await with_group(
        [](task_group& group, channel<int>* values) -> task<> {
            group.spawn(waits_for_channel(values), "reader");
            group.spawn(as_task(sleep(1s)), "sleeper");
            co_await yield();
            co_await yield();
            std::vector<std::string> lines;
            for (const task_info& each : loop::current().tasks())
                lines.push_back(each.name + ": " + each.waits_for);
            std::ranges::sort(lines);
            EXPECT_EQ(lines,
                      (std::vector<std::string>{"main: its turn", "reader: receive from channel",
                                                "sleeper: sleep"}));
            EXPECT_EQ(loop::current().counters().tasks, 3u);
            EXPECT_EQ(loop::current().counters().timers, 1u);
            values->close();
        },
        &values);
    EXPECT_EQ(loop::current().counters().tasks, 1u);
}
TEST(loop, lists_its_tasks_and_what_they_wait_for) {
    in_virtual_time(listing());
}

// An operation of the engine that is always finished at once.
class [[nodiscard]] ready_awaiter final : public operation_awaiter<poll_operation> {
  public:
    ready_awaiter() noexcept = default;
    void await_resume() noexcept {}
    std::string waits_for() const override { return "nothing"; }

  private:
    bool start() override { return true; }
};
task<> never_waits(bool* stop, int* rounds) {
    while (!*stop && *rounds < 10'000'000) {
        co_await ready_awaiter();
        ++*rounds;
    }
}
task<> fair() {
    bool stop = false;
    int rounds = 0;
    co_await with_group(
        [](task_group& group, bool* stop, int* rounds) -> task<> {
            group.spawn(never_waits, stop, rounds);
            for (int i = 0; i < 10; ++i) co_await yield();
            *stop = true;
        },
        &stop, &rounds);
    EXPECT_GT(rounds, 100);
    EXPECT_LT(rounds, 2000);
}
TEST(loop, a_task_that_never_waits_starves_nobody) {
    in_virtual_time(fair());
    on_the_kernel(fair());
}

TEST(loop, frames_and_arguments_go_with_the_last_task) {
    auto held = std::make_shared<int>(1);
    on_the_kernel([](std::shared_ptr<int>) -> task<> { co_await blocking([] {}); }(held));
    EXPECT_EQ(held.use_count(), 1);
}

TEST(loop, calls_what_other_threads_post_in_order) {
    struct tally {
        int from[4] = {};
        int total = 0;
        bool in_order = true;
        channel<int> done{1};
    } seen;
    loop real(make_engine());
    std::vector<std::thread> threads;
    constexpr int each = 5000;
    for (int who = 0; who < 4; ++who) {
        threads.emplace_back([&real, &seen, who] {
            for (int i = 0; i < each; ++i) {
                real.post([&seen, who, i]() noexcept {
                    seen.in_order = seen.in_order && seen.from[who]++ == i;
                    if (++seen.total == 4 * each) seen.done.try_send(0);
                });
            }
        });
    }
    real.run([](tally* seen) -> task<> { co_await seen->done.recv(); }(&seen));
    for (std::thread& each_thread : threads) each_thread.join();
    EXPECT_TRUE(seen.in_order);
    EXPECT_EQ(seen.total, 4 * each);
    EXPECT_EQ(real.counters().posted, 4u * each);
}

TEST(loop, may_end_by_the_last_post) {
    // The poster has still to wake the loop when that has run and gone.
    for (int i = 0; i < 300; ++i) {
        channel<int> done(1);
        std::thread poster;
        {
            loop real(make_engine(engine_choice::epoll));
            poster = std::thread([&] { real.post([&]() noexcept { done.try_send(0); }); });
            real.run([](channel<int>* done) -> task<> { co_await done->recv(); }(&done));
        }
        poster.join();
    }
}

TEST(loop, destroys_what_is_posted_too_late) {
    auto held = std::make_shared<int>(1);
    {
        loop real(make_engine());
        real.run([]() -> task<> { co_return; }());
        real.post([held]() noexcept { ADD_FAILURE(); });
    }
    EXPECT_EQ(held.use_count(), 1);
}

TEST(loop, a_turn_waits_no_longer_than_it_may) {
    loop real(make_engine());
    const time_point start = real.engine().now();
    real.turn(start + 20ms);
    EXPECT_GE(real.engine().now() - start, 20ms);
    real.turn(time_point::min());
    EXPECT_EQ(real.counters().turns, 2u);
}

// What is due at a turn's end may go before, and may remove another.
TEST(loop, end_of_turn_is_once_and_may_be_given_up) {
    struct counting final : end_of_turn {
        void turn_ended() noexcept override {
            ++calls;
            delete std::exchange(other, nullptr);
            if (again) loop::current().at_end_of_turn(*this);
            again = false;
        }
        counting* other = nullptr;
        int calls = 0;
        bool again = false;
    };
    loop real(make_engine());
    counting first;
    auto* second = new counting;
    first.other = second;
    first.again = true;
    {
        counting gone;
        for (counting* each : {&gone, &first, second, &first}) real.at_end_of_turn(*each);
    }
    real.turn(time_point::min());
    EXPECT_EQ(first.calls, 1);
    real.turn(time_point::min());
    EXPECT_EQ(first.calls, 2);
}

}  // namespace
}  // namespace sockeye
