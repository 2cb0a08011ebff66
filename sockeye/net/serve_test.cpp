#include "sockeye/net/serve.hpp"

#include <cstdlib>
#include <dirent.h>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "sockeye/net/connect.hpp"
#include "sockeye/net/socket.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/run.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<> echo(stream client) {
    while (auto data = co_await client.recv()) co_await client.send_all(data);
}

// A server in the background of a test, its address, and what it has counted.
struct served {
    address at;
    serve_counters counters;
    bool has_ended = false;
};
task<> serve_and_tell(std::vector<listener> listeners, stream_handler handler,
                      serve_options options, served* tells) {
    co_await serve(std::move(listeners), std::move(handler), options);
    tells->has_ended = true;
}
task<> start(task_group* group, served* server, stream_handler handler, serve_options options) {
    options.counters = &server->counters;
    auto listeners = co_await listen("127.0.0.1:0");
    server->at = listeners.front().local();
    group->spawn(serve_and_tell(std::move(listeners), std::move(handler), options, server));
}
task<bool> is_served(stream* client) {
    co_await client->send_all("x");
    const auto data = co_await as_expected(timeout(200ms, client->recv()));
    co_return data && *data;
}

void everywhere(task<> (*body)(task_group&, served*)) {
    for (auto* place : {in_virtual_time, on_the_kernel}) {
        served server;
        place(with_group(body, &server));
        EXPECT_TRUE(server.has_ended);
        EXPECT_EQ(server.counters.open, 0u);
    }
}

task<> limits(task_group& group, served* server) {
    serve_options options;
    options.max_connections = 2;
    co_await start(&group, server, echo, options);
    std::vector<stream> clients;
    for (int i = 0; i < 4; ++i) clients.push_back(co_await connect(server->at));
    std::vector<bool> first;
    for (stream& each : clients) first.push_back(co_await is_served(&each));
    EXPECT_EQ(first, (std::vector{true, true, false, false}));
    EXPECT_EQ(server->counters.open, 2u);
    // Each that goes makes room for the next.
    for (int i = 0; i < 2; ++i) {
        clients[static_cast<std::size_t>(i)] = stream();
        const auto waited =
            co_await as_expected(timeout(5s, clients[static_cast<std::size_t>(i) + 2].recv()));
        EXPECT_TRUE(waited && *waited);
    }
    EXPECT_EQ(server->counters.accepted, 4u);
    group.cancel();
}
TEST(serve, has_a_limit_on_connections) {
    everywhere(limits);
}

task<> two_listeners(task_group& group, served* server) {
    serve_options options;
    options.max_connections = 1;
    options.counters = &server->counters;
    auto listeners = co_await listen("127.0.0.1:0");
    auto more = co_await listen("127.0.0.1:0");
    const address at[] = {listeners.front().local(), more.front().local()};
    listeners.push_back(std::move(more.front()));
    group.spawn(serve_and_tell(std::move(listeners), echo, options, server));
    // Whichever had the only place, afterwards both are served.
    for (int i = 0; i < 8; ++i) {
        stream first = co_await connect(at[i % 2]);
        const bool is_first = co_await is_served(&first);
        EXPECT_TRUE(is_first);
        stream second = co_await connect(at[(i / 2) % 2]);
        const bool is_second = co_await is_served(&second);
        EXPECT_FALSE(is_second);
        EXPECT_EQ(server->counters.open, 1u);
        first = stream();
        const auto waited = co_await as_expected(timeout(5s, second.recv()));
        EXPECT_TRUE(waited && *waited);
    }
    group.cancel();
}
TEST(serve, listeners_share_one_limit) {
    everywhere(two_listeners);
}

task<> farewell(stream client) {
    const buffer order = co_await client.recv_line();
    if (!order) co_return;  // idle until the end
    co_await sleep(order.text() == "long\n" ? 1h : duration(2s));
    co_await client.send_all("done");
}
task<std::string> rest_of(stream* client) {
    std::string all;
    for (;;) {
        const auto data = co_await as_expected(client->recv());
        if (!data) co_return all + "(" + kind_of(data.error()) + ")";
        if (!*data) co_return all;
        all += data->text();
    }
}
task<> drains(task_group& group, served* server) {
    serve_options options;
    options.drain = 5s;
    co_await start(&group, server, farewell, options);
    stream idle = co_await connect(server->at);
    stream busy = co_await connect(server->at);
    stream slow = co_await connect(server->at);
    co_await busy.send_all("short\n");
    co_await slow.send_all("long\n");
    co_await sleep(100ms);
    const time_point start = loop::current().engine().now();
    group.cancel();
    const auto shelter = co_await shield();
    const std::string at_once = co_await rest_of(&idle);
    EXPECT_EQ(at_once, "");
    EXPECT_LT(loop::current().engine().now() - start, 100ms);
    // Nobody new meanwhile.
    const auto refused = co_await as_expected(connect(server->at));
    EXPECT_FALSE(refused);
    const std::string in_time = co_await rest_of(&busy);
    EXPECT_EQ(in_time, "done");
    EXPECT_FALSE(server->has_ended);
    const std::string too_late = co_await rest_of(&slow);
    EXPECT_EQ(too_late, "");
    EXPECT_GE(loop::current().engine().now() - start, 5s);
    EXPECT_LT(loop::current().engine().now() - start, 6s);
}
TEST(serve, drains) {
    served server;
    in_virtual_time(with_group(drains, &server));
    EXPECT_TRUE(server.has_ended);
    // The one that was cancelled has failed in nobody's eyes.
    EXPECT_EQ(server.counters.failed, 0u);
}

task<> throws(stream client) {
    co_await client.recv();
    throw std::runtime_error("a handler's mistake");
}
task<> throws_at_once(const stream&) {
    throw std::runtime_error("no task at all");
}
int reported;
task<> failures(task_group& group, served* server) {
    reported = 0;
    serve_options options;
    options.on_error = [](const std::exception_ptr&) { ++reported; };
    co_await start(&group, server, throws, options);
    served other;
    co_await start(&group, &other, [](stream s) { return throws_at_once(s); }, options);
    for (int i = 0; i < 3; ++i) {
        for (const address& at : {server->at, other.at}) {
            stream client = co_await connect(at);
            co_await as_expected(client.send_all("x"));
            co_await rest_of(&client);
        }
    }
    EXPECT_EQ(server->counters.failed, 3u);
    EXPECT_EQ(other.counters.failed, 3u);
    EXPECT_EQ(other.counters.open, 0u);
    EXPECT_EQ(reported, 6);
    group.cancel();
    const auto shelter = co_await shield();
    while (!other.has_ended) co_await sleep(1ms);
}
TEST(serve, a_failing_handler_ends_its_connection_alone) {
    everywhere(failures);
}

task<> idle(task_group& group, served* server) {
    serve_options options;
    options.idle_timeout = 2s;
    co_await start(&group, server, echo, options);
    stream client = co_await connect(server->at);
    const time_point start = loop::current().engine().now();
    const buffer end = co_await client.recv();
    EXPECT_TRUE(end.empty());
    EXPECT_GE(loop::current().engine().now() - start, 2s);
    EXPECT_LT(loop::current().engine().now() - start, 2100ms);
    group.cancel();
}
TEST(serve, ends_idle_connections) {
    served server;
    in_virtual_time(with_group(idle, &server));
    EXPECT_TRUE(server.has_ended);
}

// --- several loops

task<> tell_thread(stream client) {
    const auto where = std::hash<std::thread::id>()(std::this_thread::get_id());
    co_await client.send_all(bytes_view(&where, sizeof where));
}
task<> meet_all_threads(task_group& group) {
    std::string at;
    {
        const auto listeners = co_await listen("127.0.0.1:0");
        at = listeners.front().local().to_string();
    }
    group.spawn(serve(at, tell_thread), "serve");
    co_await sleep(50ms);
    std::set<std::string> threads;
    for (int i = 0; i < 150; ++i) {
        stream client = co_await connect(at);
        const buffer where = co_await client.recv_exactly(sizeof(std::size_t));
        threads.insert(std::string(where.text()));
    }
    EXPECT_EQ(threads.size(), 3u);
    group.cancel();
}
TEST(serve, every_thread_serves) {
    run_options options;
    options.threads = 3;
    EXPECT_EQ(run(with_group(meet_all_threads), options), 0);
}

task<> greet_there(unique_fd fd) {
    stream client = stream::adopt(std::move(fd));
    const std::string peer = client.peer().to_string();
    co_await tell_thread(std::move(client));
    EXPECT_TRUE(peer.starts_with("127.0.0.1:"));
}
task<> hand_over() {
    auto listeners = co_await listen("127.0.0.1:0");
    stream client = co_await connect(listeners.front().local());
    stream accepted = co_await listeners.front().accept();
    loop* const other = all_loops()[1];
    co_await run_on(*other, greet_there(accepted.release()));
    EXPECT_FALSE(accepted.is_open());
    const buffer where = co_await client.recv_exactly(sizeof(std::size_t));
    const auto here = std::hash<std::thread::id>()(std::this_thread::get_id());
    EXPECT_NE(where.view(), bytes_view(&here, sizeof here));

    // Once it has been used it belongs to its loop.
    stream used = co_await connect(listeners.front().local());
    used.write(shared_bytes(bytes_view("x")));
    bool refused = false;
    try {
        unique_fd never = used.release();
    } catch (const error&) {
        refused = true;
    }
    EXPECT_TRUE(refused);
}
TEST(serve, a_stream_can_move_to_another_loop) {
    run_options options;
    options.threads = 2;
    EXPECT_EQ(run(hand_over(), options), 0);
}

// --- descriptors

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

TEST(serve, without_descriptors_it_neither_spins_nor_stops) {
    const std::string at = "unix:@sockeye-without-descriptors-" + std::to_string(::getpid());
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit few{48, 48};
        ::setrlimit(RLIMIT_NOFILE, &few);
        ::_exit(run(serve(at, echo)));
    }
    std::vector<socket> clients;
    for (int tries = 0; clients.empty() && tries < 200; ++tries) {
        try {
            clients.push_back(socket::create_connection(at, 5s));
        } catch (const error&) {
            ::usleep(20'000);
        }
    }
    for (int i = 0; i < 80; ++i) clients.push_back(socket::create_connection(at, 5s));
    clients.front().sendall("x");
    EXPECT_EQ(clients.front().recv(1).text(), "x");
    ::usleep(1'500'000);  // in want
    clients.erase(clients.begin(), clients.begin() + 60);
    // Those who waited are served now.
    clients.back().settimeout(5s);
    clients.back().sendall("y");
    EXPECT_EQ(clients.back().recv(1).text(), "y");
    clients.clear();
    ::kill(child, SIGTERM);
    int status = 0;
    rusage used{};
    ::wait4(child, &status, 0, &used);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_LT(seconds(used.ru_utime) + seconds(used.ru_stime), 0.7);
}

int open_descriptors() {
    int count = 0;
    DIR* folder = ::opendir("/proc/self/fd");
    while (::readdir(folder)) ++count;
    ::closedir(folder);
    return count;
}

// How many connections: ./test says how long it may take.
int connections_to_make() {
    const char* length = std::getenv("SOCKEYE_TEST_LENGTH");
    const bool is_quick = !length || std::string_view(length) == "quick";
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return is_quick ? 1'000 : 10'000;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return is_quick ? 1'000 : 10'000;
#endif
#endif
    return is_quick ? 3'000 : 100'000;
}
task<> come_and_go(address at, int count) {
    for (int i = 0; i < count; ++i) {
        stream client = co_await connect(at);
        co_await client.send_all("x");
        const buffer data = co_await client.recv();
        EXPECT_EQ(data.size(), 1u);
        // A reset, half of the time, and always no TIME_WAIT that would use up the ports.
        if (i % 2) client.shutdown(shutdown_how::sending);
        const linger hard{1, 0};
        loop::current().engine().set_option(client.under().socket(), SOL_SOCKET, SO_LINGER,
                                            bytes_view(&hard, sizeof hard));
    }
}
task<> many_connections(task_group& group, served* server) {
    co_await start(&group, server, echo, {});
    const int each = connections_to_make() / 20;
    co_await with_group(
        [](task_group& clients, address at, int each) -> task<> {
            for (int i = 0; i < 20; ++i) clients.spawn(come_and_go, at, each);
            co_return;
        },
        server->at, each);
    group.cancel();
}
TEST(serve, many_connections_leave_no_descriptor) {
    const int before = open_descriptors();
    served server;
    on_the_kernel(with_group(many_connections, &server));
    EXPECT_EQ(open_descriptors(), before);
    EXPECT_EQ(server.counters.accepted, static_cast<unsigned>(connections_to_make()));
    EXPECT_EQ(server.counters.open, 0u);
}

}  // namespace
}  // namespace sockeye
