#include "sockeye/net/listener.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sockeye/net/connect.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"

namespace sockeye {
namespace {

task<> exchange_greeting(listener* at) {
    stream client = co_await connect(at->local());
    stream server = co_await at->accept();
    co_await client.send_all("hi");
    const buffer data = co_await server.recv();
    EXPECT_EQ(data.text(), "hi");
}

std::string socket_path(const std::string& name) {
    return testing::TempDir() + name + "." + std::to_string(::getpid());
}
bool exists(const std::string& path) {
    struct stat status;
    return ::stat(path.c_str(), &status) == 0;
}
// What a server leaves behind that was killed.
void leave_dead_socket(const std::string& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path.copy(name.sun_path, sizeof name.sun_path - 1);
    const unique_fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    ASSERT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
    ::listen(fd.get(), 1);
}

task<> unix_path() {
    const std::string path = socket_path("listener");
    leave_dead_socket(path);
    {
        auto listeners = co_await listen("unix:" + path);
        co_await exchange_greeting(&listeners.front());
        // One that is in use is left alone.
        const auto second = co_await as_expected(listen("unix:" + path));
        EXPECT_EQ(second.error().code(), std::errc::address_in_use);
        EXPECT_TRUE(exists(path));
    }
    EXPECT_FALSE(exists(path));
    // So is a file that is no socket.
    std::ofstream(path) << "precious";
    const auto occupied = co_await as_expected(listen("unix:" + path));
    EXPECT_FALSE(occupied);
    EXPECT_TRUE(exists(path));
    ::unlink(path.c_str());
}
TEST(listener, replaces_a_dead_socket_file_and_nothing_else) {
    on_the_kernel(unix_path());
}

task<> abstract_name() {
    auto listeners = co_await listen("unix:@sockeye-test-" + std::to_string(::getpid()));
    co_await exchange_greeting(&listeners.front());
}
TEST(listener, takes_abstract_names) {
    on_the_kernel(abstract_name());
}

task<> ports() {
    auto any_port = co_await listen("127.0.0.1:0");
    EXPECT_NE(any_port.front().local().port(), 0);
    co_await exchange_greeting(&any_port.front());
    const auto taken = co_await as_expected(listen(any_port.front().local().to_string()));
    EXPECT_EQ(std::string(taken.error().what()),
              "listen " + any_port.front().local().to_string() + ": address already in use");

    auto both = co_await listen("localhost:0");
    for (listener& each : both) {
        EXPECT_EQ(each.local().port(), both.front().local().port());
        EXPECT_TRUE(each.local().is_loopback());
        co_await exchange_greeting(&each);
    }
    // :: takes IPv4 too.
    auto everywhere = co_await listen(":0");
    EXPECT_EQ(everywhere.size(), 1u);
    stream client =
        co_await connect("127.0.0.1:" + std::to_string(everywhere.front().local().port()));
    EXPECT_TRUE(client.is_open());
}
TEST(listener, listens_on_every_address_of_a_name) {
    on_the_kernel(ports());
}

task<> simulated() {
    auto any_port = co_await listen("127.0.0.1:0");
    co_await exchange_greeting(&any_port.front());
}
TEST(listener, works_in_a_simulation) {
    in_virtual_time(simulated());
}

}  // namespace
}  // namespace sockeye
