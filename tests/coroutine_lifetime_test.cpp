// GCC 12.2 destroys twice what some coroutine expressions hold (docs/guide/coroutines.md). This
// counts constructions and destructions in every pattern that our interface invites, and is
// compiled by every compiler that we support.
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <type_traits>

#include "sockeye/net/connect.hpp"
#include "sockeye/net/datagram.hpp"
#include "sockeye/net/listener.hpp"
#include "sockeye/net/serve.hpp"
#include "sockeye/runtime/blocking.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/race.hpp"
#include "sockeye/runtime/run.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// What is written as {.name = value} inside a co_await must have nothing to destroy.
static_assert(std::is_trivially_destructible_v<connect_options>);
static_assert(std::is_trivially_destructible_v<listen_options>);
static_assert(std::is_trivially_destructible_v<serve_options>);
static_assert(std::is_trivially_destructible_v<run_options>);
static_assert(std::is_trivially_destructible_v<loop_options>);
// What is not trivial has constructors.
static_assert(!std::is_aggregate_v<buffer> && !std::is_aggregate_v<message>);
static_assert(!std::is_aggregate_v<stream> && !std::is_aggregate_v<stream_handler>);

// Every one that is made ends once, and knows itself while it lives.
int alive;
class counted {
  public:
    explicit counted(int value) : value_(value) { ++alive; }
    counted(const counted& other) : value_(other.value()) { ++alive; }
    counted(counted&& other) noexcept : value_(other.value()) { ++alive; }
    counted& operator=(const counted& other) {
        value_ = other.value();
        return *this;
    }
    ~counted() {
        EXPECT_EQ(self_, this) << "destroyed twice, or never made";
        self_ = nullptr;
        --alive;
    }
    explicit operator bool() const { return value() != 0; }
    int value() const {
        EXPECT_EQ(self_, this);
        return value_;
    }

  private:
    const counted* self_ = this;
    int value_;
};

task<counted> give(counted value, bool waits) {
    if (waits) co_await yield();
    co_return value;
}
task<int> take(counted a, counted b) {
    co_await yield();
    co_return a.value() + b.value();
}
task<> drop(counted, bool fails) {
    co_await yield();
    if (fails) throw error::from_errno(EPIPE, "drop");
}

void expect_balance(task<> (*pattern)()) {
    alive = 0;
    in_virtual_time(pattern());
    EXPECT_EQ(alive, 0);
}

task<> arguments() {
    const int sum = co_await take(counted(1), counted(2));
    EXPECT_EQ(sum, 3);
    counted kept(4);
    const int again = co_await take(kept, std::move(kept));
    EXPECT_EQ(again, 8);
}
TEST(coroutine_lifetime, arguments_by_value) {
    expect_balance(arguments);
}

task<> results() {
    for (const bool waits : {false, true}) {
        int left = 3;
        while (auto b = co_await give(counted(left), waits)) left = b.value() - 1;
        EXPECT_EQ(left, 0);
        if (auto b = co_await give(counted(5), waits); b.value() == 5) {
            EXPECT_EQ(alive, 1);
        }
        EXPECT_EQ((co_await give(counted(6), waits)).value(), 6);
        const counted named = co_await give(counted(7), waits);
        EXPECT_EQ(named.value(), 7);
    }
}
TEST(coroutine_lifetime, loops_conditions_and_temporaries) {
    expect_balance(results);
}

task<> combined() {
    const counted a = co_await timeout(1s, give(counted(1), true));
    const auto b = co_await as_expected(give(counted(2), true));
    const auto c = co_await as_expected(timeout(1s, give(counted(3), true)));
    const auto d = co_await race(give(counted(4), true), sleep(1s));
    EXPECT_EQ(a.value() + b->value() + c->value() + std::get<0>(d).value(), 10);
    const auto failed = co_await as_expected(timeout(1s, drop(counted(5), true)));
    EXPECT_FALSE(failed);
    const auto late = co_await as_expected(timeout(1s, race(sleep(2s), sleep(3s))));
    EXPECT_FALSE(late);
    task<counted> later = give(counted(6), true);
    const counted moved = co_await timeout(1s, std::move(later));
    EXPECT_EQ(moved.value(), 6);
}
TEST(coroutine_lifetime, awaitables_as_arguments) {
    expect_balance(combined);
}

task<> groups() {
    co_await with_group(
        [](task_group& group, counted own) -> task<> {
            for (int i = 0; i < 3; ++i) group.spawn(drop, counted(i), false);
            group.spawn(drop, own, false);
            group.spawn(drop(counted(9), false));
            co_await yield();
        },
        counted(1));
    EXPECT_EQ(alive, 0);
    const auto failed = co_await as_expected(with_group(
        [](task_group& group, counted own) -> task<> {
            group.spawn(drop, std::move(own), true);
            co_await sleep(1h);
        },
        counted(1)));
    EXPECT_FALSE(failed);
}
TEST(coroutine_lifetime, spawned_arguments) {
    expect_balance(groups);
}

task<> channels() {
    channel<counted> values(2);
    co_await values.send(counted(1));
    co_await values.send(counted(2));
    values.close();
    int sum = 0;
    while (auto value = co_await values.recv()) sum += value->value();
    EXPECT_EQ(sum, 3);
}
TEST(coroutine_lifetime, values_in_channels) {
    expect_balance(channels);
}

task<> functions() {
    const counted outside(3);
    const counted* const where = &outside;
    // A named lambda may hold anything; one written in place trivial captures.
    auto named = [held = counted(4)] { return counted(held.value() + 1); };
    const counted a = co_await blocking(std::move(named));
    const counted b = co_await blocking([where] { return counted(where->value()); });
    EXPECT_EQ(a.value() + b.value(), 8);
}
TEST(coroutine_lifetime, functions_that_block) {
    expect_balance(functions);
}

task<> options() {
    auto listeners = co_await listen("127.0.0.1:0", {.backlog = 7});
    stream client = co_await connect(listeners.front().local(), {.timeout = 5s});
    stream server = co_await timeout(5s, listeners.front().accept());
    co_await client.send_all(std::string("a temporary"));
    const buffer data = co_await timeout(5s, server.recv_exactly(11));
    EXPECT_EQ(data.text(), "a temporary");
}
TEST(coroutine_lifetime, options_and_streams) {
    in_virtual_time(options());
}

}  // namespace
}  // namespace sockeye
