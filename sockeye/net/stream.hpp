// A connection: bytes in order, both ways.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sockeye/core/address.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/core/unique_fd.hpp"
#include "sockeye/net/transport.hpp"
#include "sockeye/runtime/operations.hpp"

namespace sockeye {

class connection;

class [[nodiscard]] recv_awaiter final : public operation_awaiter<recv_operation> {
  public:
    explicit recv_awaiter(connection& on) noexcept : connection_(on) {}
    recv_awaiter(recv_awaiter&&) noexcept = default;
    buffer await_resume();
    void cancel() noexcept override;
    std::string waits_for() const override;

  private:
    bool start() override;
    connection& connection_;
};

class [[nodiscard]] send_awaiter final : public operation_awaiter<send_operation> {
  public:
    send_awaiter(connection& on, bytes_view bytes) noexcept : connection_(on), single_(bytes) {}
    send_awaiter(connection& on, std::span<const bytes_view> list) noexcept
        : connection_(on), single_(list.data(), 0) {
        this->parts = list.data();
        this->count = static_cast<std::uint32_t>(list.size());
    }
    send_awaiter(send_awaiter&&) noexcept = default;
    void await_resume();
    void cancel() noexcept override;
    std::string waits_for() const override;

  private:
    bool start() override;
    connection& connection_;
    bytes_view single_;
};

// What `write` does when more is queued than the limit.
enum class overflow : unsigned char {
    refuse,       // write gives false, the bytes are counted as dropped
    drop_oldest,  // whole queued segments go, oldest first, and are counted
    close,        // the connection is reset: a reader this slow is better gone
};

// Move-only. One task may receive while another sends; two of the same kind at once are a mistake.
// Everything happens on the loop's thread. Errors are `error`, with the peer in it: a timeout, a
// cancellation and a reset are told apart.
//
// At its end the connection is closed; what was queued with `write` is still sent, for at most five
// seconds, in the background.
class stream {
  public:
    stream() noexcept = default;
    // Over a transport of one's own; `peer` is what errors and `peer()` say.
    stream(std::unique_ptr<transport> under, const address& peer);
    // Takes over a connected socket, on this thread's loop. Throws `error`.
    static stream adopt(unique_fd fd);
    stream(stream&& other) noexcept = default;
    stream& operator=(stream&& other) noexcept;
    ~stream();

    // The next bytes, as many as are there: at least one, or none at the end of the stream. The
    // buffer may be a lease on the loop's memory: see `buffer`.
    recv_awaiter recv() noexcept { return recv_awaiter(*connection_); }
    // Exactly `size` bytes. At an earlier end of the stream: an `error`, connection_aborted. After
    // any error of this one and the next two, a timeout for example, what had come is still there
    // for the next recv.
    task<buffer> recv_exactly(std::size_t size);
    // Up to and with `mark`, which is not empty; an empty buffer when the stream ends before the
    // first byte. More than `limit` bytes without it: an `error`, message_size. A copy of `mark`
    // is kept.
    task<buffer> recv_until(std::string mark, std::size_t limit);
    task<buffer> recv_line(std::size_t limit = 64 * 1024) { return recv_until("\n", limit); }

    // Sends all of it. The bytes must stay until then. Waits for what was queued before.
    send_awaiter send_all(bytes_view bytes) noexcept { return {*connection_, bytes}; }
    // The parts one behind the other, in as few system calls as the kernel allows.
    send_awaiter send_all(std::span<const bytes_view> parts) noexcept {
        return {*connection_, parts};
    }

    // Queues bytes without waiting; all that is queued leaves together at the end of the loop's
    // turn, one send at a time. True when they were taken: see `limit_output`. Once a send has
    // failed, false, and the next recv, send_all or flush throws the reason.
    bool write(shared_bytes bytes);
    // Waits until all that was queued is sent.
    send_awaiter flush() noexcept { return send_all(bytes_view()); }
    // At most `limit` bytes wait in the queue (1 MiB unless said otherwise).
    void limit_output(std::size_t limit, overflow policy);
    std::size_t queued() const noexcept;
    // Calls to `write` whose bytes were dropped.
    std::uint64_t dropped() const noexcept;

    // No more will be sent (received): the peer reads an end of stream. Throws `error`.
    void shutdown(shutdown_how how);
    // Flushes and closes. Afterwards, as after a move, only assignment and destruction are allowed.
    task<> close();
    bool is_open() const noexcept { return connection_ != nullptr; }

    // A connection on which nothing moves for so long is given up: recv and send_all throw a
    // timeout. Zero: never, as it is at first; `serve` sets it.
    void set_idle_timeout(duration limit);

    // Where it was connected from; known even after a reset.
    const address& peer() const noexcept;
    address local() const;
    transport& under() const noexcept;
    // Gives up the socket, to be adopted on another loop: before anything was received or sent.
    // Throws `error` otherwise.
    unique_fd release();

  private:
    friend class connection_list;
    friend stream make_stream(engine& on, handle socket, const address& peer);
    explicit stream(std::unique_ptr<connection> on) noexcept;

    struct ending {
        void operator()(connection* ended) const noexcept;
    };
    std::unique_ptr<connection, ending> connection_;
};

// For listeners and connectors: a stream over a connected socket of an engine.
stream make_stream(engine& on, handle socket, const address& peer);

// One place in a circular list of connections.
class connection_link {
  public:
    connection_link() noexcept : next_(this), previous_(this) {}
    connection_link(const connection_link&) = delete;
    connection_link& operator=(const connection_link&) = delete;
    ~connection_link() { leave_list(); }

    void insert_before(connection_link& other) noexcept;
    void leave_list() noexcept;
    connection_link* next() const noexcept { return next_; }

  private:
    connection_link* next_;
    connection_link* previous_;
};

// The streams that one server has open, to be told when it drains.
class connection_list {
  public:
    void add(stream& s) noexcept;
    // Every stream reads what has arrived, then an end of stream.
    void end_receiving() noexcept;

  private:
    connection_link head_;
};

}  // namespace sockeye
