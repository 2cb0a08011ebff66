#include "sockeye/runtime/task.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>

#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

task<int> add(int a, int b) {
    co_return a + b;
}
task<std::unique_ptr<int>> own(int value) {
    co_await yield();
    co_return std::make_unique<int>(value);
}
task<> fail(bool waits) {
    if (waits) co_await yield();
    throw std::runtime_error("as asked");
}
task<int> ticket(std::string text) {
    co_await yield();
    co_return static_cast<int>(text.size());
}

task<> values() {
    const int sum = co_await add(2, 3);
    EXPECT_EQ(sum, 5);
    const auto owned = co_await own(7);
    EXPECT_EQ(*owned, 7);
    // Kept for later, and with an argument that would be gone had it not been copied.
    task<int> later = ticket(std::string(100, 'x'));
    const int size = co_await std::move(later);
    EXPECT_EQ(size, 100);
}
TEST(task, gives_its_value) {
    in_virtual_time(values());
}

task<> catches() {
    for (const bool waits : {false, true}) {
        std::string caught;
        try {
            co_await fail(waits);
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        EXPECT_EQ(caught, "as asked");
    }
}
TEST(task, throws_where_it_is_awaited) {
    in_virtual_time(catches());
    EXPECT_THROW(in_virtual_time(fail(true)), std::runtime_error);
}

// Where the stack is; the address of a local would be the frame's.
std::uintptr_t stack_position() {
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}
task<std::uintptr_t> child() {
    co_return stack_position();
}
task<> million() {
    const std::uintptr_t before = co_await child();
    std::uintptr_t lowest = before;
    for (int i = 0; i < 1'000'000; ++i) lowest = std::min(lowest, co_await child());
    EXPECT_LT(before - lowest, 1024u);
}
TEST(task, a_million_children_that_end_at_once_take_no_stack) {
    in_virtual_time(million());
}

task<int> depth(int levels) {
    if (levels == 0) {
        co_await yield();
        co_return 0;
    }
    co_return 1 + co_await depth(levels - 1);
}
task<> deep() {
    const int levels = co_await depth(1000);
    EXPECT_EQ(levels, 1000);
}
TEST(task, may_await_deeply) {
    in_virtual_time(deep());
}

TEST(task, never_awaited_never_runs) {
    auto flag = std::make_shared<bool>(false);
    {
        const task<> unused = [](std::shared_ptr<bool> ran) -> task<> {
            *ran = true;
            co_return;
        }(flag);
        EXPECT_EQ(flag.use_count(), 2);
    }
    EXPECT_FALSE(*flag);
    EXPECT_EQ(flag.use_count(), 1);
}

TEST(task, is_move_only) {
    static_assert(!std::is_copy_constructible_v<task<>>);
    static_assert(std::is_nothrow_move_constructible_v<task<>>);
    task<int> a = add(1, 1);
    task<int> b = add(2, 2);
    a = std::move(b);
    in_virtual_time([](task<int> moved) -> task<> {
        const int value = co_await std::move(moved);
        EXPECT_EQ(value, 4);
    }(std::move(a)));
}

}  // namespace
}  // namespace sockeye
