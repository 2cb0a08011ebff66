#include "sockeye/runtime/task_group.hpp"

#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>
#include <string>

#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// Counts the members that are alive, and how they ended.
struct tally {
    int alive = 0;
    int finished = 0;
    int cancelled = 0;
};
struct presence {
    explicit presence(tally* in) : in(in) { ++in->alive; }
    presence(presence&& other) noexcept : in(std::exchange(other.in, nullptr)) {}
    ~presence() {
        if (in) --in->alive;
    }
    tally* in;
};

task<> member(presence here, duration time) {
    try {
        co_await sleep(time);
        ++here.in->finished;
    } catch (const error& e) {
        EXPECT_TRUE(e.is_cancelled());
        ++here.in->cancelled;
        throw;
    }
}
task<> fails_after(duration time) {
    co_await sleep(time);
    throw std::runtime_error("member");
}

task<std::string> outcome(task<> what) {
    try {
        co_await std::move(what);
    } catch (const error& e) {
        co_return kind_of(e);
    } catch (const std::exception& e) {
        co_return e.what();
    }
    co_return "fine";
}

task<> three_members(task_group& group, tally* all) {
    for (const duration time : {1s, 2s, 3s}) group.spawn(member, presence(all), time);
    co_return;
}
task<> normal() {
    tally all;
    const time_point start = loop::current().now();
    co_await with_group(three_members, &all);
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(all.finished, 3);
    EXPECT_GE(loop::current().now() - start, 3s);
}
TEST(task_group, waits_for_all) {
    in_virtual_time(normal());
}

task<> body_throws(task_group& group, tally* all) {
    group.spawn(member, presence(all), 1h);
    co_await sleep(1s);
    throw std::runtime_error("body");
}
task<> member_throws(task_group& group, tally* all) {
    group.spawn(member, presence(all), 1h);
    group.spawn(fails_after, 1s);
    group.spawn(fails_after, 1s);
    co_return;
}
task<> member_throws_under_the_body(task_group& group, tally* all) {
    group.spawn(member, presence(all), 1h);
    group.spawn(fails_after, 1s);
    co_await sleep(24h);
    ADD_FAILURE() << "the body went on";
}
task<> body_catches_and_spawns(task_group& group, tally* all) {
    group.spawn(fails_after, 1s);
    co_await ending_of([]() -> task<> { co_await sleep(24h); }());
    // Too late: it is cancelled before its first wait.
    group.spawn(member, presence(all), 1h);
}
task<> first_failure() {
    for (auto* body : {member_throws, member_throws_under_the_body, body_catches_and_spawns}) {
        tally all;
        const time_point start = loop::current().now();
        const std::string end = co_await outcome(with_group(body, &all));
        EXPECT_EQ(end, "member");
        EXPECT_EQ(all.alive, 0);
        EXPECT_EQ(all.cancelled, 1);
        EXPECT_LT(loop::current().now() - start, 2s);
    }
    tally all;
    const std::string end = co_await outcome(with_group(body_throws, &all));
    EXPECT_EQ(end, "body");
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(all.cancelled, 1);
}
TEST(task_group, the_first_failure_cancels_the_others_and_is_thrown) {
    in_virtual_time(first_failure());
}

task<> nested_body(task_group& group, tally* all) {
    group.spawn(with_group(three_members, all));
    group.spawn(with_group(three_members, all));
    group.spawn(fails_after, 1500ms);
    co_return;
}
task<> nested() {
    tally all;
    const std::string end = co_await outcome(with_group(nested_body, &all));
    EXPECT_EQ(end, "member");
    EXPECT_EQ(all.alive, 0);
    EXPECT_EQ(all.finished, 2);
    EXPECT_EQ(all.cancelled, 4);
}
TEST(task_group, nests) {
    in_virtual_time(nested());
}

task<> stubborn(presence here) {
    const auto shelter = co_await shield();
    co_await sleep(5s);
    ++here.in->finished;
}
task<> stubborn_body(task_group& group, tally* all) {
    group.spawn(stubborn, presence(all));
    co_await sleep(1h);
}
task<> cancelled_from_outside() {
    tally all;
    const time_point start = loop::current().now();
    const std::string end = co_await outcome(as_task(timeout(1s, with_group(stubborn_body, &all))));
    EXPECT_EQ(end, "timeout");
    // What was sheltered had its time: the join waits on.
    EXPECT_EQ(all.finished, 1);
    EXPECT_EQ(all.alive, 0);
    EXPECT_GE(loop::current().now() - start, 5s);
}
TEST(task_group, is_joined_when_cancelled) {
    in_virtual_time(cancelled_from_outside());
}

TEST(task_group, a_cancelled_main_is_joined) {
    tally all;
    simulation world;
    loop simulated(world.make_engine(world.add_host({})));
    simulated.post([&]() noexcept { simulated.cancel_main(); });
    simulated.run(with_group(stubborn_body, &all));
    EXPECT_EQ(all.finished, 1);
    EXPECT_EQ(all.alive, 0);
}

// An argument's end must not come after the join.
task<> arguments_go_first() {
    struct leaves_a_mark {
        explicit leaves_a_mark(bool* gone) : gone(gone) {}
        leaves_a_mark(leaves_a_mark&& other) noexcept : gone(std::exchange(other.gone, nullptr)) {}
        ~leaves_a_mark() {
            if (gone) *gone = true;
        }
        bool* gone;
    };
    for (const duration time : {0s, 1s}) {
        bool gone = false;
        co_await with_group(
            [](task_group& group, leaves_a_mark mark, duration time) -> task<> {
                group.spawn([](leaves_a_mark, duration time) -> task<> { co_await sleep(time); },
                            std::move(mark), time);
                co_return;
            },
            leaves_a_mark(&gone), time);
        EXPECT_TRUE(gone);
    }
}
TEST(task_group, arguments_are_gone_after_the_join) {
    in_virtual_time(arguments_go_first());
}

task<> observed() {
    struct listener final : task_group::observer {
        void member_failed(std::exception_ptr) noexcept override { ++failed; }
        void member_ended() noexcept override { ++ended; }
        int failed = 0;
        int ended = 0;
    } told;
    tally all;
    task_group group;
    group.observe(told);
    group.spawn(fails_after, 1s);
    group.spawn(member, presence(&all), 2s);
    co_await group.join();
    EXPECT_EQ(told.failed, 1);
    EXPECT_EQ(told.ended, 2);
    EXPECT_EQ(all.finished, 1);
}
TEST(task_group, tells_its_observer) {
    in_virtual_time(observed());
}

// What must not compile.
bool compiles(const std::string& body) {
    const std::string source = testing::TempDir() + "spawn_check.cpp";
    std::ofstream(source) << "#include \"sockeye/runtime/task_group.hpp\"\n"
                             "using namespace sockeye;\n"
                             "void check(task_group& group, int x) { "
                          << body << " }\n";
    const std::string command = "clang++-19 -std=c++23 -I \"" + std::string(SOCKEYE_SOURCE_FOLDER) +
                                "\" -fsyntax-only " + source + " 2> /dev/null";
    return std::system(command.c_str()) == 0;
}
TEST(task_group, spawn_rejects_captures) {
    EXPECT_TRUE(compiles("group.spawn([](int) -> task<> { co_return; }, x);"));
    EXPECT_FALSE(compiles("group.spawn([x]() -> task<> { co_return; });"));
    EXPECT_FALSE(compiles("group.spawn([&x]() -> task<> { co_return; });"));
    // Nothing lives long enough to be referred to.
    EXPECT_FALSE(compiles("group.spawn([](int&) -> task<> { co_return; }, x);"));
}

}  // namespace
}  // namespace sockeye
