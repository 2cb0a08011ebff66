// What a stream refers to: its transport, its peer, and what it keeps between calls. Of the library
// alone; users see `stream`.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sockeye/core/fifo.hpp"
#include "sockeye/net/stream.hpp"
#include "sockeye/runtime/loop.hpp"

namespace sockeye {

// Queued output: whole segments, of which one gather list at a time is with the transport.
class output_queue final : public end_of_turn {
  public:
    explicit output_queue(connection& on) noexcept;

    bool push(shared_bytes bytes);
    // Something is with the transport, or will be.
    bool is_busy() const noexcept { return is_sending_ || (!segments_.empty() && !failure_); }
    std::size_t size() const noexcept { return size_; }
    std::uint64_t dropped() const noexcept { return dropped_; }
    int failure() const noexcept { return failure_; }
    void limit(std::size_t most, overflow policy) noexcept {
        limit_ = most;
        policy_ = policy;
    }
    // Starts `op` when the queue is empty. False: that is now, and the caller starts it itself.
    bool start_when_empty(send_operation& op) noexcept;
    // True when `op` was waiting: it ends with ECANCELED at the end of this turn.
    bool cancel_waiting(const send_operation& op) noexcept;
    bool is_waiting(const send_operation& op) const noexcept { return waiting_ == &op; }
    // After a send of the stream's own: what was queued meanwhile may leave.
    void go_on() noexcept;
    void cancel() noexcept;

    void turn_ended() noexcept override;

  private:
    struct batch_operation : send_operation {
        explicit batch_operation(output_queue& owner) noexcept;
        output_queue& owner;
    };

    bool make_room(std::size_t wanted) noexcept;
    std::size_t size_in_batch() const noexcept;
    void send_next() noexcept;
    void batch_sent() noexcept;
    void ended() noexcept;

    connection& connection_;
    fifo<shared_bytes> segments_;
    std::vector<bytes_view> batch_;  // the first segments, while they are being sent
    batch_operation operation_{*this};
    send_operation* waiting_ = nullptr;
    std::size_t size_ = 0;
    std::size_t limit_ = 1024 * 1024;
    std::uint64_t dropped_ = 0;
    int failure_ = 0;
    overflow policy_ = overflow::refuse;
    bool is_sending_ = false;
    bool is_cancelled_ = false;  // what waits
};

class connection : public connection_link, private timer {
  public:
    connection(transport& under, const address& peer) noexcept
        : timer(timer_expired), peer_(peer), under_(under) {}
    virtual ~connection();

    // Called on the stream's end in place of `delete`: queued output is sent first.
    void end() noexcept;

    transport& under() const noexcept { return under_; }
    const address& peer() const noexcept { return peer_; }

    bool start_recv(recv_operation& op) noexcept;
    bool start_send(send_operation& op) noexcept;
    // Past the queue, which is empty.
    bool send_directly(send_operation& op) noexcept;
    void cancel_recv(recv_operation& op) noexcept { under_.cancel(op); }
    // Ends later, never in this call.
    void cancel_send(send_operation& op) noexcept;
    void recv_ended() noexcept;
    void send_ended() noexcept;
    // Something has moved: the idle timeout begins anew.
    void touch() noexcept { last_moved_ = loop::current().now(); }
    // ETIMEDOUT for a cancellation that was the idle timeout's.
    std::int64_t explain(std::int64_t outcome) const noexcept;
    // The same for a recv. An end of stream after a failed send is that failure.
    std::int64_t explain_recv(std::int64_t outcome) const noexcept;
    // A send of the stream's own is with the transport.
    bool is_sending_directly() const noexcept;

    // The next recv gives these bytes, before what was pushed back earlier. No lease is kept: that
    // may be long.
    void push_back(buffer data);
    output_queue& output();
    const output_queue* output_if_any() const noexcept;
    void output_ended() noexcept;

    void set_idle_timeout(duration limit) noexcept;
    bool is_used() const noexcept { return is_used_ || extras_; }

  private:
    // What few connections need.
    struct extras {
        explicit extras(connection& on) noexcept : output(on) {}
        buffer leftover;
        output_queue output;
    };

    static void timer_expired(timer& t) noexcept;
    void idle_timer_expired() noexcept;
    extras& extra();

    address peer_;
    // From here on what every receive and send touches, with the transport behind it: two cache
    // lines of a thousand connections are worth having.
    transport& under_;
    std::unique_ptr<extras> extras_;
    recv_operation* reading_ = nullptr;
    send_operation* writing_ = nullptr;
    time_point last_moved_;
    std::uint32_t idle_limit_ms_ = 0;
    bool is_idle_ = false;  // the idle timeout has struck
    bool is_used_ = false;
    bool is_orphan_ = false;  // the stream is gone, output is still leaving
};

}  // namespace sockeye
