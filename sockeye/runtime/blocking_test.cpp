#include "sockeye/runtime/blocking.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <thread>

#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<int> make_seven() {
    return std::make_unique<int>(7);
}
void throw_something() {
    throw std::runtime_error("in the pool");
}

task<> results() {
    const auto seven = co_await blocking(make_seven);
    EXPECT_EQ(*seven, 7);
    std::string caught;
    try {
        co_await blocking(throw_something);
    } catch (const std::runtime_error& e) {
        caught = e.what();
    }
    EXPECT_EQ(caught, "in the pool");
}
TEST(blocking, gives_what_the_function_gives) {
    on_the_kernel(results());
    in_virtual_time(results());
}

task<> elsewhere() {
    std::thread::id other;
    std::thread::id* const where = &other;
    co_await blocking([where] { *where = std::this_thread::get_id(); });
    EXPECT_NE(other, std::this_thread::get_id());
    EXPECT_NE(other, std::thread::id());
}
TEST(blocking, runs_on_another_thread) {
    on_the_kernel(elsewhere());
}

task<> bounded(std::atomic<int>* running, std::atomic<int>* most) {
    for (int i = 0; i < 20; ++i) {
        co_await blocking([running, most] {
            const int now = ++*running;
            int seen = *most;
            while (seen < now && !most->compare_exchange_weak(seen, now)) {
            }
            std::this_thread::sleep_for(100us);
            --*running;
        });
    }
}
TEST(blocking, takes_four_threads_at_most) {
    std::atomic<int> running = 0;
    std::atomic<int> most = 0;
    on_the_kernel(with_group(
        [](task_group& group, std::atomic<int>* running, std::atomic<int>* most) -> task<> {
            for (int i = 0; i < 12; ++i) group.spawn(bounded, running, most);
            co_return;
        },
        &running, &most));
    EXPECT_LE(most, 4);
    EXPECT_GE(most, 1);
}

task<> waited_for() {
    std::atomic<bool> ended = false;
    std::atomic<bool>* const flag = &ended;
    // Longer than the limit: what it refers to is in this frame.
    const auto late = co_await as_expected(timeout(1ms, blocking([flag] {
                                                       std::this_thread::sleep_for(30ms);
                                                       *flag = true;
                                                   })));
    EXPECT_TRUE(ended || !late);
    if (late) {
        EXPECT_TRUE(ended);
    }
}
TEST(blocking, is_waited_for_when_cancelled) {
    on_the_kernel(waited_for());
}

task<> charged() {
    const time_point start = loop::current().engine().now();
    co_await blocking(make_seven, 3s);
    EXPECT_GE(loop::current().engine().now() - start, 3s);
}
TEST(blocking, costs_virtual_time_when_simulated) {
    in_virtual_time(charged());
}

}  // namespace
}  // namespace sockeye
