// For the engines' tests: one engine with what it takes to give it work, and operations that count
// their completions.
#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sockeye/core/error.hpp"
#include "sockeye/engine/engine.hpp"

namespace sockeye {

struct handle_pair {
    handle a;
    handle b;
};

// An engine, and the descriptors that it cannot open by itself.
class engine_rig {
  public:
    virtual ~engine_rig() = default;
    virtual engine& get() = 0;
    // The engine goes, and what it lent stays.
    virtual void end() = 0;
    // Two ends of a UNIX socket.
    virtual handle_pair local_pair() = 0;
    // `a` is the end to read.
    virtual handle_pair pipe() = 0;
    // An empty file.
    virtual handle file() = 0;
    // An address that never answers a connect, and never refuses it.
    virtual address silent_address() = 0;
};

// "uring", "epoll" or "simulated".
std::unique_ptr<engine_rig> make_rig(const std::string& name);

// An operation that counts. `expect_once` says that it ended exactly once.
template <class Operation>
struct counted : Operation {
    counted() : Operation(&tell) {}
    static void tell(operation& op) noexcept { ++static_cast<counted&>(op).completions; }
    bool has_ended() const { return was_immediate || completions > 0; }
    void expect_once() const { EXPECT_EQ(completions + (was_immediate ? 1 : 0), 1); }

    int completions = 0;
    bool was_immediate = false;
};

// A send with its own list of one part.
struct counted_send : counted<send_operation> {
    explicit counted_send(bytes_view data) : only(data) {
        parts = &only;
        count = 1;
    }
    bytes_view only;
};

class engine_test : public testing::Test {
  protected:
    // Where the kernel refuses io_uring, the ring's tests are skipped: nothing is wrong with it.
    void use(const std::string& name) {
        try {
            rig = make_rig(name);
        } catch (const error& refused) {
            if (name != "uring" || refused.code() != std::errc::operation_not_permitted) throw;
            GTEST_SKIP() << refused.what();
        }
    }
    engine& e() { return rig->get(); }

    // Starts an operation by `begin`, which must not call its completion.
    template <class Operation, class Begin>
    void start(Operation& op, Begin begin) {
        op.completions = 0;
        op.was_immediate = begin();
        EXPECT_EQ(op.completions, 0) << "completed inside the call that started it";
    }
    template <class Operation>
    void cancel(Operation& op) {
        const int before = op.completions;
        e().cancel(op);
        EXPECT_EQ(op.completions, before) << "completed inside the call that cancelled it";
    }
    // Runs the engine until `done`, for at most ten seconds of its time.
    template <class Done>
    bool run_until(Done done) {
        const time_point limit = e().now() + std::chrono::seconds(10);
        while (!done()) {
            if (e().now() >= limit) return false;
            e().run_once(std::min(limit, e().now() + std::chrono::seconds(1)), duration::zero());
        }
        return true;
    }
    // Looks around a few times without waiting for long.
    void settle() {
        for (int i = 0; i < 20; ++i)
            e().run_once(e().now() + std::chrono::milliseconds(1), duration::zero());
    }
    template <class Operation>
    std::int64_t wait(Operation& op) {
        EXPECT_TRUE(run_until([&] { return op.has_ended(); })) << "never completed";
        op.expect_once();
        return op.result;
    }

    void start_recv(handle h, counted<recv_operation>& op) {
        start(op, [&] { return e().recv(h, op); });
    }
    void start_send(handle h, counted_send& op) {
        start(op, [&] { return e().send(h, op); });
    }
    std::int64_t send(handle h, bytes_view data) {
        counted_send op(data);
        start_send(h, op);
        return wait(op);
    }
    // One receive: its bytes, or nothing at the end and after an error, which `last_result` tells.
    std::string recv(handle h) {
        counted<recv_operation> op;
        start_recv(h, op);
        last_result = wait(op);
        return std::string(op.data.text());
    }
    std::string recv_exactly(handle h, std::size_t size) {
        std::string all;
        while (all.size() < size) {
            const std::string part = recv(h);
            if (last_result <= 0) break;
            all += part;
        }
        return all;
    }
    std::string recv_to_end(handle h) { return recv_exactly(h, std::string::npos); }

    struct listening {
        handle socket;
        address at;
    };
    listening listen(int backlog = 16);
    handle open_stream();
    handle_pair connect_to(const listening& listener);
    handle_pair stream_pair();
    listening bind_datagram();

    std::unique_ptr<engine_rig> rig;
    std::int64_t last_result = 0;
};

// Bytes in which a lost, doubled or moved piece shows.
std::string pattern(std::size_t size, unsigned seed = 1);

}  // namespace sockeye
