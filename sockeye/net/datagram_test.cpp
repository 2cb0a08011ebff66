#include "sockeye/net/datagram.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sockeye/core/error.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<> there_and_back() {
    datagram a(address::loopback(family::ipv4, 0));
    datagram b(address::loopback(family::ipv4, 0));
    for (const std::string& each : {std::string("hello"), std::string(), std::string(1200, 'x')}) {
        co_await a.send_to(each, b.local());
        const message got = co_await timeout(5s, b.recv_from());
        EXPECT_EQ(got.data.text(), each);
        EXPECT_EQ(got.peer, a.local());
    }
    const auto none = co_await as_expected(timeout(10ms, b.recv_from()));
    EXPECT_TRUE(!none && none.error().is_timeout());
}
TEST(datagram, an_empty_one_is_no_end) {
    on_the_kernel(there_and_back());
}

task<> connected() {
    datagram server(address::loopback(family::ipv4, 0));
    datagram client = co_await datagram::connect(server.local().to_string());
    co_await client.send("ping");
    const message ping = co_await timeout(5s, server.recv_from());
    co_await server.send_to("pong", ping.peer);
    const message pong = co_await timeout(5s, client.recv_from());
    EXPECT_EQ(pong.data.text(), "pong");
    EXPECT_EQ(pong.peer, server.local());

    const std::string gone = server.local().to_string();
    server.close();
    co_await client.send("ping");
    const auto refused = co_await as_expected(timeout(5s, client.recv_from()));
    EXPECT_TRUE(!refused && refused.error().code() == std::errc::connection_refused);
}
TEST(datagram, a_connected_one_hears_of_a_closed_port) {
    on_the_kernel(connected());
}

task<> too_large() {
    datagram a(address::loopback(family::ipv4, 0));
    const std::string large(70'000, 'x');
    const auto sent = co_await as_expected(a.send_to(large, a.local()));
    EXPECT_TRUE(!sent && sent.error().code() == std::errc::message_size);
}
TEST(datagram, is_bounded_by_its_protocol) {
    on_the_kernel(too_large());
}

}  // namespace
}  // namespace sockeye
