#include "sockeye/net/stream.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "sockeye/net/connect.hpp"
#include "sockeye/net/listener.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/race.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// Two ends of a connection, simulated or not.
struct two_ends {
    two_ends(stream a, stream b) : a(std::move(a)), b(std::move(b)) {}
    stream a;
    stream b;
};
task<two_ends> tcp_pair() {
    auto listeners = co_await listen("127.0.0.1:0");
    stream a = co_await connect(listeners.front().local());
    stream b = co_await listeners.front().accept();
    co_return two_ends(std::move(a), std::move(b));
}

std::string kind_of(const std::expected<buffer, error>& outcome) {
    return outcome ? "data: " + std::string(outcome->text()) : kind_of(outcome.error());
}

void everywhere(task<> (*test)()) {
    in_virtual_time(test());
    on_the_kernel(test());
}

task<> bytes_both_ways() {
    two_ends pair = co_await tcp_pair();
    co_await pair.a.send_all("hello");
    const buffer hello = co_await pair.b.recv_exactly(5);
    EXPECT_EQ(hello.text(), "hello");
    const bytes_view parts[] = {"one ", "", "two ", "three"};
    co_await pair.b.send_all(parts);
    const buffer gathered = co_await pair.a.recv_exactly(13);
    EXPECT_EQ(gathered.text(), "one two three");
    EXPECT_EQ(pair.a.peer(), pair.b.local());

    // Half-close: one way ends, the other goes on.
    pair.a.shutdown(shutdown_how::sending);
    const buffer end = co_await pair.b.recv();
    EXPECT_TRUE(end.empty());
    co_await pair.b.send_all("still here");
    const buffer rest = co_await pair.a.recv_exactly(10);
    EXPECT_EQ(rest.text(), "still here");
}
TEST(stream, carries_bytes_both_ways) {
    everywhere(bytes_both_ways);
}

task<> marks() {
    two_ends pair = co_await tcp_pair();
    co_await pair.a.send_all("first\r\nsecond\r\nrest of it");
    const buffer first = co_await pair.b.recv_until("\r\n", 100);
    EXPECT_EQ(first.text(), "first\r\n");
    const buffer second = co_await pair.b.recv_until("\r\n", 8);
    EXPECT_EQ(second.text(), "second\r\n");
    const buffer rest = co_await pair.b.recv_exactly(4);
    EXPECT_EQ(rest.text(), "rest");

    // The mark in pieces.
    co_await pair.a.send_all(" 1-");
    co_await sleep(20ms);
    const auto pieces = co_await as_expected(timeout(5ms, pair.b.recv_until("--", 100)));
    EXPECT_EQ(kind_of(pieces), "timeout");
    co_await pair.a.send_all("-2-----");
    // What had come before the timeout is still there.
    for (const std::string_view expected : {" of it 1--", "2--", "--"}) {
        const buffer piece = co_await pair.b.recv_until("--", 100);
        EXPECT_EQ(piece.text(), expected);
    }
    // More than the limit: an error, and nothing is lost.
    co_await pair.a.send_all("-0123456789\n");
    const auto too_long = co_await as_expected(pair.b.recv_until("\n", 5));
    EXPECT_EQ(too_long.error().code(), std::errc::message_size);
    pair.a.shutdown(shutdown_how::sending);
    const auto cut_off = co_await as_expected(pair.b.recv_exactly(50));
    EXPECT_EQ(cut_off.error().code(), std::errc::connection_aborted);
    const buffer line = co_await pair.b.recv_line(13);
    EXPECT_EQ(line.text(), "--0123456789\n");
    const buffer end = co_await pair.b.recv_line();
    EXPECT_TRUE(end.empty());
}
TEST(stream, reads_up_to_a_mark) {
    everywhere(marks);
}

task<> pump(stream* to, std::size_t size) {
    const std::string chunk(10'000, 'x');
    for (std::size_t sent = 0; sent < size; sent += chunk.size()) co_await to->send_all(chunk);
    to->shutdown(shutdown_how::sending);
}
task<std::size_t> drain(stream* from) {
    std::size_t size = 0;
    while (auto data = co_await from->recv()) size += data.size();
    co_return size;
}
task<> drain_and_check(stream* from, std::size_t size) {
    const std::size_t got = co_await drain(from);
    EXPECT_EQ(got, size);
}
task<> both_at_once() {
    two_ends pair = co_await tcp_pair();
    co_await with_group(
        [](task_group& group, two_ends* pair) -> task<> {
            for (stream* each : {&pair->a, &pair->b}) {
                group.spawn(pump, each, 2'000'000u);
                group.spawn(drain_and_check, each, 2'000'000u);
            }
            co_return;
        },
        &pair);
}
TEST(stream, one_reader_and_one_writer_work_at_once) {
    everywhere(both_at_once);
}

task<> told_apart() {
    two_ends pair = co_await tcp_pair();
    const auto late = co_await as_expected(timeout(10ms, pair.b.recv()));
    EXPECT_EQ(kind_of(late), "timeout");
    std::string cancelled;
    co_await with_group(
        [](task_group& group, stream* from, std::string* cancelled) -> task<> {
            group.spawn(
                [](stream* from, std::string* cancelled) -> task<> {
                    const auto data = co_await as_expected(from->recv());
                    *cancelled = kind_of(data);
                },
                from, cancelled);
            co_await sleep(10ms);
            group.cancel();
        },
        &pair.b, &cancelled);
    EXPECT_EQ(cancelled, "cancelled");
    // Nothing is lost by either.
    co_await pair.a.send_all("after");
    const buffer data = co_await pair.b.recv_exactly(5);
    EXPECT_EQ(data.text(), "after");
}
TEST(stream, tells_a_timeout_from_a_cancellation) {
    everywhere(told_apart);
}

task<> reset() {
    two_ends pair = co_await tcp_pair();
    const std::string peer = pair.b.peer().to_string();
    linger hard{1, 0};
    loop::current().engine().set_option(pair.a.under().socket(), SOL_SOCKET, SO_LINGER,
                                        bytes_view(&hard, sizeof hard));
    pair.a = stream();
    const auto data = co_await as_expected(timeout(5s, pair.b.recv()));
    EXPECT_EQ(kind_of(data), "reset");
    EXPECT_EQ(std::string(data.error().what()), "recv from " + peer + ": connection reset by peer");
    EXPECT_EQ(pair.b.peer().to_string(), peer);
}
TEST(stream, a_reset_is_told_with_its_peer) {
    on_the_kernel(reset());
}

task<> races() {
    two_ends pair = co_await tcp_pair();
    std::string got;
    for (int i = 0; i < 100; ++i) {
        co_await pair.a.send_all("x");
        while (got.size() <= static_cast<std::size_t>(i)) {
            const auto first = co_await race(pair.b.recv(), sleep(50us));
            if (first.index() == 0) got += std::get<0>(first).text();
        }
    }
    EXPECT_EQ(got, std::string(100, 'x'));
}
TEST(stream, a_recv_that_loses_a_race_takes_nothing) {
    everywhere(races);
}

task<> idle() {
    two_ends pair = co_await tcp_pair();
    pair.b.set_idle_timeout(10s);
    const time_point start = loop::current().engine().now();
    for (int i = 0; i < 5; ++i) {
        co_await sleep(8s);
        co_await pair.a.send_all("x");
        const buffer data = co_await pair.b.recv();
        EXPECT_EQ(data.text(), "x");
    }
    const time_point last = loop::current().engine().now();
    EXPECT_GE(last - start, 40s);
    const auto late = co_await as_expected(pair.b.recv());
    EXPECT_EQ(kind_of(late), "timeout");
    EXPECT_GE(loop::current().engine().now() - last, 9s);
    EXPECT_LE(loop::current().engine().now() - last, 11s);
    // Given up means given up.
    const auto again = co_await as_expected(pair.b.recv());
    EXPECT_EQ(kind_of(again), "timeout");
}
TEST(stream, an_idle_connection_is_given_up) {
    in_virtual_time(idle());
}

// A transport that notes what is asked of it, and finishes sends when told.
class noted_transport final : public transport {
  public:
    struct notes {
        std::vector<std::string> sends;
        send_operation* pending = nullptr;
        recv_operation* reading = nullptr;
        bool is_slow = false;
        bool is_shut = false;
        bool is_gone = false;

        void finish(std::int64_t result) {
            send_operation& op = *std::exchange(pending, nullptr);
            op.result = result;
            op.on_complete(op);
        }
    };
    explicit noted_transport(notes& to) : notes_(to) {}
    ~noted_transport() override {
        EXPECT_FALSE(notes_.pending);
        EXPECT_FALSE(notes_.reading);
        notes_.is_gone = true;
    }
    bool recv(recv_operation& op) noexcept override {
        notes_.reading = &op;
        return false;
    }
    bool send(send_operation& op) noexcept override {
        EXPECT_FALSE(notes_.pending) << "two sends at once";
        std::string all;
        for (std::uint32_t i = 0; i < op.count; ++i) all += op.parts[i].text();
        notes_.sends.push_back(all);
        op.result = static_cast<std::int64_t>(all.size());
        if (!notes_.is_slow) return true;
        notes_.pending = &op;
        return false;
    }
    void cancel(operation& op) noexcept override {
        loop::current().post([this, &op]() noexcept {
            if (notes_.pending == &op) {
                notes_.finish(-ECANCELED);
            } else if (notes_.reading == &op) {
                notes_.reading = nullptr;
                op.result = -ECANCELED;
                op.on_complete(op);
            }
        });
    }
    int shutdown(shutdown_how) noexcept override {
        notes_.is_shut = true;
        return 0;
    }
    int local_address(address&) noexcept override { return 0; }
    handle socket() const noexcept override { return handle::none; }

  private:
    notes& notes_;
};
using notes = noted_transport::notes;

stream over(notes& to) {
    return stream(std::make_unique<noted_transport>(to), address::loopback(family::ipv4, 7));
}
shared_bytes text(std::string_view of) {
    return shared_bytes(bytes_view(of));
}

task<> coalesced() {
    notes seen;
    seen.is_slow = true;
    stream s = over(seen);
    for (const char* each : {"a", "b", "c"}) EXPECT_TRUE(s.write(text(each)));
    EXPECT_TRUE(seen.sends.empty());
    EXPECT_EQ(s.queued(), 3u);
    co_await yield();
    co_await yield();
    EXPECT_EQ(seen.sends, (std::vector<std::string>{"abc"}));
    // What comes during a send leaves together behind it.
    for (const char* each : {"d", "e"}) s.write(text(each));
    co_await yield();
    co_await yield();
    EXPECT_EQ(seen.sends.size(), 1u);
    seen.finish(3);
    EXPECT_EQ(seen.sends, (std::vector<std::string>{"abc", "de"}));
    seen.finish(2);
    EXPECT_EQ(s.queued(), 0u);
    seen.is_slow = false;
    co_await s.flush();
    EXPECT_EQ(seen.sends.size(), 2u);
}
TEST(stream, queued_output_leaves_together) {
    in_virtual_time(coalesced());
}

task<> one_at_a_time() {
    notes seen;
    seen.is_slow = true;
    stream s = over(seen);
    co_await with_group(
        [](task_group& group, stream* s, notes* seen) -> task<> {
            group.spawn([](stream* s) -> task<> { co_await s->send_all("direct"); }, s);
            co_await yield();
            s->write(text("queued"));
            co_await sleep(1s);
            EXPECT_EQ(seen->sends, (std::vector<std::string>{"direct"}));
            seen->finish(6);
            co_await sleep(1s);
            EXPECT_EQ(seen->sends, (std::vector<std::string>{"direct", "queued"}));
            group.spawn([](stream* s) -> task<> { co_await s->send_all("behind"); }, s);
            co_await sleep(1s);
            EXPECT_EQ(seen->sends.size(), 2u);
            seen->finish(6);
            EXPECT_EQ(seen->sends.back(), "behind");
            seen->finish(6);
        },
        &s, &seen);
}
TEST(stream, has_one_send_under_way) {
    in_virtual_time(one_at_a_time());
}

task<> policies() {
    notes seen;
    seen.is_slow = true;
    stream s = over(seen);
    s.limit_output(10, overflow::refuse);
    EXPECT_TRUE(s.write(text("12345")));
    EXPECT_TRUE(s.write(text("67890")));
    EXPECT_FALSE(s.write(text("x")));
    EXPECT_EQ(s.dropped(), 1u);
    co_await sleep(1s);  // now both are under way
    s.limit_output(14, overflow::drop_oldest);
    EXPECT_TRUE(s.write(text("AB")));
    EXPECT_TRUE(s.write(text("CD")));
    EXPECT_TRUE(s.write(text("EF")));
    EXPECT_FALSE(s.write(text("too long")));
    EXPECT_EQ(s.dropped(), 3u);
    seen.finish(10);
    EXPECT_EQ(seen.sends.back(), "CDEF");
    s.limit_output(5, overflow::close);
    EXPECT_FALSE(s.write(text("GH")));
    EXPECT_TRUE(seen.is_shut);
    const auto flushed = co_await as_expected(s.flush());
    EXPECT_EQ(flushed.error().code(), std::errc::no_buffer_space);
    const auto data = co_await as_expected(s.recv());
    EXPECT_EQ(data.error().code(), std::errc::no_buffer_space);
    // Gone while its send is still with the transport: that is waited for.
    s = stream();
    EXPECT_FALSE(seen.is_gone);
    seen.finish(-EPIPE);
    EXPECT_TRUE(seen.is_gone);
}
TEST(stream, a_full_queue_has_a_policy) {
    in_virtual_time(policies());
}

task<> closed_while_due() {
    notes seen;
    {
        stream s = over(seen);
        s.limit_output(1, overflow::close);
        s.write(text("a"));
        s.write(text("b"));
    }
    EXPECT_TRUE(seen.is_gone);
    co_await sleep(1s);
    EXPECT_TRUE(seen.sends.empty());

    notes flushed;
    stream s = over(flushed);
    s.write(text("a"));
    co_await s.close();
    EXPECT_TRUE(flushed.is_gone);
    EXPECT_EQ(flushed.sends, (std::vector<std::string>{"a"}));
}
TEST(stream, may_go_before_its_turn_to_send) {
    in_virtual_time(closed_while_due());
}

task<> background() {
    notes seen;
    over(seen).write(text("last words"));
    EXPECT_FALSE(seen.is_gone);
    co_await sleep(1s);
    EXPECT_TRUE(seen.is_gone);
    EXPECT_EQ(seen.sends, (std::vector<std::string>{"last words"}));

    notes stuck;
    stuck.is_slow = true;
    over(stuck).write(text("nobody reads this"));
    co_await sleep(4s);
    EXPECT_FALSE(stuck.is_gone);
    co_await sleep(2s);
    EXPECT_TRUE(stuck.is_gone);
}
TEST(stream, queued_output_is_sent_after_its_end_for_five_seconds) {
    in_virtual_time(background());
}

task<> cancelled_flush() {
    notes seen;
    seen.is_slow = true;
    stream s = over(seen);
    s.set_idle_timeout(10s);
    s.write(text("a"));
    const auto late = co_await as_expected(timeout(1s, s.flush()));
    EXPECT_EQ(late.error().is_timeout(), true);
    // The queue goes on, and a later flush sees its end.
    co_await with_group(
        [](task_group& group, stream* s, notes* seen) -> task<> {
            group.spawn([](stream* s) -> task<> { co_await s->flush(); }, s);
            co_await sleep(1s);
            seen->finish(1);
        },
        &s, &seen);
    s.write(text("b"));
    const auto idle = co_await as_expected(s.flush());
    EXPECT_TRUE(idle.error().is_timeout());
    s = stream();
    seen.finish(1);
    EXPECT_TRUE(seen.is_gone);
}
TEST(stream, a_flush_may_be_cancelled) {
    in_virtual_time(cancelled_flush());
}

task<> real_background() {
    two_ends pair = co_await tcp_pair();
    const std::string big(3'000'000, 'z');
    pair.a.limit_output(10'000'000, overflow::refuse);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(pair.a.write(text(big)));
    pair.a = stream();
    const std::size_t size = co_await drain(&pair.b);
    EXPECT_EQ(size, 3 * big.size());
}
TEST(stream, closed_streams_still_send_all) {
    everywhere(real_background);
}

}  // namespace
}  // namespace sockeye
