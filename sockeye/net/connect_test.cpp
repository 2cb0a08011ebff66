#include "sockeye/net/connect.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sockeye/net/listener.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// A port on which nobody listens.
task<std::string> closed_port() {
    std::string port;
    {
        const auto listeners = co_await listen("127.0.0.1:0");
        port = std::to_string(listeners.front().local().port());
    }
    co_return port;
}

task<> refused() {
    const std::string port = co_await closed_port();
    const auto one = co_await as_expected(connect("127.0.0.1:" + port));
    EXPECT_EQ(std::string(one.error().what()),
              "connect 127.0.0.1:" + port + ": connection refused");
    EXPECT_EQ(one.error().operation(), "connect");
    const auto all = co_await as_expected(connect(":" + port));
    EXPECT_EQ(std::string(all.error().what()), "connect :" + port + " (tried [::1]:" + port +
                                                   ", 127.0.0.1:" + port + "): connection refused");
}
TEST(connect, names_every_address_it_tried) {
    on_the_kernel(refused());
}

task<> falls_back() {
    // Nobody is at ::1, which is tried first.
    auto listeners = co_await listen("127.0.0.1:0");
    stream client = co_await connect(":" + std::to_string(listeners.front().local().port()));
    EXPECT_EQ(client.peer(), listeners.front().local());
}
TEST(connect, tries_the_next_address) {
    on_the_kernel(falls_back());
}

task<> bad_names() {
    for (const char* bad : {"no port", "127.0.0.1:99999", ""}) {
        const auto never = co_await as_expected(connect(bad));
        EXPECT_FALSE(never) << bad;
    }
}
TEST(connect, refuses_what_is_no_endpoint) {
    on_the_kernel(bad_names());
}

task<> limited() {
    // A queue that is full answers nothing more.
    const auto listeners = co_await listen("127.0.0.1:0", {.backlog = 0});
    const std::string at = listeners.front().local().to_string();
    std::vector<stream> waiting;
    std::string end;
    for (int i = 0; i < 5 && end.empty(); ++i) {
        connect_options quick;
        quick.timeout = 100ms;
        auto next = co_await as_expected(connect(at, quick));
        if (next)
            waiting.push_back(std::move(*next));
        else
            end = kind_of(next.error());
    }
    EXPECT_EQ(end, "timeout");
}
TEST(connect, takes_no_longer_than_it_may) {
    on_the_kernel(limited());
}

}  // namespace
}  // namespace sockeye
