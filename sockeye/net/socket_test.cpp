#include "sockeye/net/socket.hpp"

#ifdef AF_INET
#error "socket.hpp must not bring <sys/socket.h> along"
#endif

#include <csignal>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "sockeye/core/error.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// The error that a call ends with.
template <class Call>
error failure_of(Call call) {
    try {
        call();
    } catch (const error& e) {
        return e;
    }
    ADD_FAILURE() << "nothing was thrown";
    return error::from_errno(EINVAL, "nothing");
}

struct connection {
    explicit connection(std::string_view where = "127.0.0.1:0")
        : server(socket::create_server(where)),
          client(socket::create_connection(server.getsockname().to_string())),
          accepted(server.accept().client) {}

    socket server;
    socket client;
    socket accepted;
};

// The next close sends a reset.
void reset_on_close(socket& s) {
    linger at_once{1, 0};
    s.setsockopt(SOL_SOCKET, SO_LINGER, bytes_view(&at_once, sizeof at_once));
}

duration time_of(auto call) {
    time_point start = clock::now();
    call();
    return clock::now() - start;
}

TEST(socket, echoes_like_python) {
    auto server = socket::create_server("localhost:0");
    std::jthread echo([&] {
        auto [client, peer] = server.accept();
        EXPECT_EQ(client.getpeername(), peer);
        while (auto data = client.recv(4096)) client.sendall(data);
    });
    auto client = socket::create_connection(server.getsockname().to_string());
    client.sendall("hello");
    EXPECT_EQ(client.recv(100).text(), "hello");
    client.shutdown(direction::write);
    EXPECT_TRUE(client.recv(100).empty());
}

TEST(socket, works_call_by_call) {
    socket server(family::ipv4, socket_type::stream);
    server.setsockopt(socket_option::reuse_address, 1);
    server.bind("127.0.0.1:0");
    server.listen();
    socket client;
    client.connect(server.getsockname());
    auto [accepted, peer] = server.accept();
    EXPECT_EQ(peer, client.getsockname());
    EXPECT_EQ(accepted.send("ab"), 2U);
    std::byte memory[8];
    EXPECT_EQ(client.recv_into(memory), 2U);
    EXPECT_EQ(bytes_view(memory, 2), bytes_view("ab"));
    EXPECT_EQ(server.getsockopt(socket_option::reuse_address), 1);
}

TEST(socket, every_option_reaches_the_kernel) {
    socket s(family::ipv6, socket_type::stream);
    for (auto option :
         {socket_option::reuse_address, socket_option::reuse_port, socket_option::broadcast,
          socket_option::keep_alive, socket_option::ipv6_only, socket_option::no_delay}) {
        for (int value : {1, 0}) {
            s.setsockopt(option, value);
            EXPECT_EQ(s.getsockopt(option), value) << static_cast<int>(option);
        }
    }
    for (auto option : {socket_option::receive_buffer, socket_option::send_buffer}) {
        s.setsockopt(option, 20'000);
        EXPECT_EQ(s.getsockopt(option), 40'000);
    }
}

TEST(socket, sendall_moves_what_no_buffer_holds) {
    connection c;
    std::string sent(8 << 20, 'x');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 >> 8);
    std::jthread sender([&] {
        c.client.sendall(sent);
        c.client.close();
    });
    std::string seen;
    while (auto data = c.accepted.recv(64 << 10)) seen += data.text();
    EXPECT_TRUE(seen == sent);
}

TEST(socket, datagrams_keep_their_bounds_and_may_be_empty) {
    socket a(family::ipv4, socket_type::datagram);
    socket b(family::ipv4, socket_type::datagram);
    a.bind("127.0.0.1:0");
    b.bind("127.0.0.1:0");
    b.settimeout(5s);
    EXPECT_EQ(a.sendto("one", b.getsockname()), 3U);
    EXPECT_EQ(a.sendto("", b.getsockname()), 0U);
    EXPECT_EQ(a.sendto("three", b.getsockname()), 5U);
    auto first = b.recvfrom(100);
    EXPECT_EQ(first.data.text(), "one");
    EXPECT_EQ(first.from, a.getsockname());
    EXPECT_TRUE(b.recvfrom(100).data.empty());
    EXPECT_EQ(b.recvfrom(2).data.text(), "th");
    b.settimeout(10ms);
    auto e = failure_of([&] { b.recvfrom(100); });
    EXPECT_EQ(std::string(e.what()), "recvfrom on " + b.getsockname().to_string() + ": timed out");
}

TEST(socket, a_failed_sendto_names_its_address) {
    socket s(family::ipv4, socket_type::datagram);
    auto e =
        failure_of([&] { s.sendto(std::string(100'000, 'x'), address::ipv4(127, 0, 0, 1, 9)); });
    EXPECT_STREQ(e.what(), "sendto 127.0.0.1:9: message too long");
}

TEST(socket, unix_names_work_like_addresses) {
    std::string name = "unix:@sockeye-socket-test-" + std::to_string(::getpid());
    connection c(name);
    c.client.sendall("hello");
    EXPECT_EQ(c.accepted.recv(100).text(), "hello");
    EXPECT_EQ(c.client.getpeername().to_string(), name);
    c.accepted.settimeout(1ms);
    auto e = failure_of([&] { c.accepted.recv(1); });
    EXPECT_EQ(std::string(e.what()), "recv on " + name + ": timed out");
}

TEST(socket, a_pair_is_connected) {
    for (auto type : {socket_type::stream, socket_type::datagram, socket_type::seqpacket}) {
        auto [a, b] = socket::socketpair(type);
        a.sendall("hello");
        EXPECT_EQ(b.recv(100).text(), "hello");
    }
    auto [a, b] = socket::socketpair();
    a.settimeout(1ms);
    EXPECT_STREQ(failure_of([&] { a.recv(1); }).what(), "recv: timed out");
}

TEST(socket, a_server_on_all_interfaces_serves_both_families) {
    auto server = socket::create_server(":0");
    std::uint16_t port = server.getsockname().port();
    for (family f : {family::ipv4, family::ipv6}) {
        if (f == family::ipv6 && server.getsockname().is_ipv4()) continue;
        socket client(f);
        client.settimeout(5s);
        client.connect(address::loopback(f, port));
        EXPECT_EQ(server.accept().peer.unmapped(), client.getsockname());
    }
}

TEST(socket_timeout, names_the_call_and_the_peer) {
    connection c;
    c.client.settimeout(20ms);
    EXPECT_EQ(c.client.gettimeout(), duration(20ms));
    auto e = failure_of([&] { c.client.recv(1); });
    EXPECT_TRUE(e.is_timeout());
    EXPECT_FALSE(e.is_reset() || e.is_cancelled());
    EXPECT_EQ(std::string(e.what()), "recv " + c.server.getsockname().to_string() + ": timed out");

    c.server.settimeout(20ms);
    auto accepting = failure_of([&] { c.server.accept(); });
    EXPECT_EQ(std::string(accepting.what()),
              "accept on " + c.server.getsockname().to_string() + ": timed out");
}

TEST(socket_timeout, covers_the_whole_of_sendall) {
    connection c;
    c.client.settimeout(200ms);
    // A reader that always takes a little would renew a timeout that counted each wait.
    std::jthread trickle([&](std::stop_token stop) {
        std::vector<std::byte> memory(256 << 10);
        while (!stop.stop_requested() && c.accepted.recv_into(memory) != 0)
            std::this_thread::sleep_for(5ms);
    });
    std::string data(256 << 20, 'x');
    std::string what;
    auto took = time_of([&] { what = failure_of([&] { c.client.sendall(data); }).what(); });
    EXPECT_EQ(what, "sendall " + c.server.getsockname().to_string() + ": timed out");
    EXPECT_GE(took, 200ms);
    EXPECT_LT(took, 2s);
    trickle.request_stop();
    c.client.shutdown(direction::both);
}

TEST(socket_timeout, zero_never_waits_and_none_waits_again) {
    connection c;
    c.client.settimeout(0s);
    auto e = failure_of([&] { c.client.recv(1); });
    EXPECT_EQ(e.code(), std::errc::resource_unavailable_try_again);
    EXPECT_FALSE(e.is_timeout());
    c.client.settimeout(socket::for_ever);
    std::jthread later([&] {
        std::this_thread::sleep_for(20ms);
        c.accepted.sendall("x");
    });
    EXPECT_EQ(c.client.recv(1).text(), "x");
    EXPECT_EQ(failure_of([&] { c.client.settimeout(-1s); }).code(), std::errc::invalid_argument);
}

TEST(socket_timeout, a_full_unix_queue_is_waited_for) {
    std::string name = "unix:@sockeye-full-queue-" + std::to_string(::getpid());
    auto server = socket::create_server(name, 0);
    auto first = socket::create_connection(name);
    auto e = failure_of([&] { socket::create_connection(name, 20ms); });
    EXPECT_TRUE(e.is_timeout()) << e.what();
    std::jthread later([&] {
        std::this_thread::sleep_for(20ms);
        server.accept();
    });
    EXPECT_NO_THROW(socket::create_connection(name, 5s));
}

TEST(socket_errors, a_reset_is_one_and_the_peer_stays_known) {
    connection c;
    address peer = c.accepted.getpeername();
    reset_on_close(c.client);
    c.client.close();
    auto e = failure_of([&] { c.accepted.recv(1); });
    EXPECT_TRUE(e.is_reset());
    EXPECT_FALSE(e.is_timeout());
    EXPECT_EQ(std::string(e.what()), "recv " + peer.to_string() + ": connection reset by peer");
    EXPECT_EQ(c.accepted.getpeername(), peer);
    EXPECT_TRUE(failure_of([&] { c.accepted.sendall("x"); }).is_reset());
}

TEST(socket_errors, a_refused_connection_tells_every_address_tried) {
    std::uint16_t port = 0;
    {
        socket gone;
        gone.bind("127.0.0.1:0");
        port = gone.getsockname().port();
    }
    std::string numbers = "127.0.0.1:" + std::to_string(port);
    EXPECT_EQ(std::string(failure_of([&] { socket::create_connection(numbers); }).what()),
              "connect " + numbers + ": connection refused");
    std::string all = ":" + std::to_string(port);
    EXPECT_EQ(
        std::string(failure_of([&] { socket::create_connection(all, 5s); }).what()),
        "connect " + all + " (tried [::1]" + all + ", 127.0.0.1" + all + "): connection refused");
    socket s;
    EXPECT_EQ(s.connect_ex(address::loopback(family::ipv4, port)), std::errc::connection_refused);
    EXPECT_EQ(std::string(failure_of([&] { s.connect(numbers); }).what()),
              "connect " + numbers + ": connection refused");
}

TEST(socket_errors, a_target_that_cannot_be_read_says_why) {
    auto e = failure_of([] { socket::create_connection("localhost"); });
    EXPECT_EQ(e.code(), std::errc::invalid_argument);
    EXPECT_STREQ(e.what(),
                 "look up localhost (bad port at byte 9: missing, as in localhost:12345): "
                 "invalid argument");
    EXPECT_THROW(socket::create_server("unix:"), error);
    socket s;
    EXPECT_EQ(failure_of([&] { s.connect("[::1]:80"); }).operation(), "look up");
}

TEST(socket_errors, an_address_in_use_is_named) {
    auto server = socket::create_server("127.0.0.1:0");
    std::string where = server.getsockname().to_string();
    EXPECT_EQ(std::string(failure_of([&] { socket::create_server(where); }).what()),
              "bind " + where + ": address already in use");
}

TEST(socket_errors, a_server_does_not_move_to_another_address_when_one_is_in_use) {
    auto server = socket::create_server(":0");
    address here = server.getsockname();
    std::string again = ":" + std::to_string(here.port());
    EXPECT_EQ(std::string(failure_of([&] { socket::create_server(again); }).what()),
              "bind " + here.to_string() + ": address already in use");
}

TEST(socket_errors, a_datagram_socket_accepts_nobody) {
    socket s(family::ipv4, socket_type::datagram);
    EXPECT_EQ(failure_of([&] { s.accept(); }).code(), std::errc::operation_not_supported);
    EXPECT_EQ(failure_of([&] { s.listen(); }).code(), std::errc::operation_not_supported);
}

TEST(socket_errors, a_family_without_a_meaning_is_refused) {
    EXPECT_EQ(failure_of([] { socket s(family::unspecified); }).operation(), "socket");
    EXPECT_EQ(failure_of([] { socket s{unique_fd()}; }).code(), std::errc::bad_file_descriptor);
}

TEST(socket, closes_detaches_and_is_not_inherited) {
    auto [a, b] = socket::socketpair();
    EXPECT_NE(::fcntl(a.fileno(), F_GETFD) & FD_CLOEXEC, 0);
    int number = a.fileno();
    unique_fd fd = a.detach();
    EXPECT_EQ(fd.get(), number);
    EXPECT_EQ(a.fileno(), -1);
    EXPECT_EQ(failure_of([&] { a.recv(1); }).code(), std::errc::bad_file_descriptor);
    b.sendall("x");
    EXPECT_EQ(socket(std::move(fd)).recv(1).text(), "x");
    EXPECT_TRUE(b.recv(1).empty());
    b.close();
    EXPECT_EQ(b.fileno(), -1);
    auto c = connection();
    EXPECT_NE(::fcntl(c.accepted.fileno(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(socket, an_interrupted_call_goes_on) {
    struct sigaction quiet{};
    struct sigaction before{};
    quiet.sa_handler = [](int) {};
    ASSERT_EQ(::sigaction(SIGUSR1, &quiet, &before), 0);
    for (auto timeout : {socket::for_ever, std::optional<duration>(5s)}) {
        connection c;
        c.client.settimeout(timeout);
        pthread_t reader = ::pthread_self();
        std::jthread disturber([&] {
            for (int i = 0; i < 10; ++i) {
                std::this_thread::sleep_for(2ms);
                ::pthread_kill(reader, SIGUSR1);
            }
            c.accepted.sendall("x");
        });
        EXPECT_EQ(c.client.recv(1).text(), "x");
        disturber.join();
    }
    ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(socket, shutdown_wakes_a_reader_on_another_thread) {
    connection c;
    std::jthread waker([&] {
        std::this_thread::sleep_for(10ms);
        c.client.shutdown(direction::read);
    });
    EXPECT_TRUE(c.client.recv(1).empty());
}

}  // namespace
}  // namespace sockeye
