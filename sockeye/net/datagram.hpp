// Datagrams: UDP and UNIX.
#pragma once

#include <string>

#include "sockeye/core/address.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/runtime/operations.hpp"

namespace sockeye {

class datagram;

// One datagram. An empty one is no end of anything.
struct message {
    message() noexcept = default;
    message(buffer data, const address& peer) : data(std::move(data)), peer(peer) {}
    buffer data;
    address peer;
};

class [[nodiscard]] recv_from_awaiter final : public operation_awaiter<recv_from_operation> {
  public:
    explicit recv_from_awaiter(datagram& on) noexcept : datagram_(on) {}
    recv_from_awaiter(recv_from_awaiter&&) noexcept = default;
    message await_resume();
    std::string waits_for() const override;

  private:
    bool start() override;
    datagram& datagram_;
};

class [[nodiscard]] send_to_awaiter final : public operation_awaiter<send_to_operation> {
  public:
    send_to_awaiter(datagram& on, bytes_view bytes, const address& to) noexcept : datagram_(on) {
        data = bytes;
        peer = to;
    }
    send_to_awaiter(send_to_awaiter&&) noexcept = default;
    void await_resume();
    std::string waits_for() const override;

  private:
    bool start() override;
    datagram& datagram_;
};

// Move-only; for the thread of the loop on which it was made. Errors are `error`. A datagram is at
// most 65,507 bytes over IPv4.
class datagram {
  public:
    // Bound to `local`; port 0 lets the kernel choose.
    explicit datagram(const address& local);
    // Bound to a port of the kernel's choice and connected: only `peer`'s datagrams arrive, and its
    // "port unreachable" comes as connection_refused.
    static task<datagram> connect(std::string endpoint);
    datagram(datagram&& other) noexcept
        : engine_(other.engine_),
          handle_(std::exchange(other.handle_, handle::none)),
          local_(std::move(other.local_)),
          peer_(std::move(other.peer_)) {}
    datagram& operator=(datagram&&) = delete;
    ~datagram() { close(); }

    recv_from_awaiter recv_from() noexcept { return recv_from_awaiter(*this); }
    // The bytes must stay until it is done.
    send_to_awaiter send_to(bytes_view bytes, const address& peer) noexcept {
        return {*this, bytes, peer};
    }
    // To the peer that it is connected to.
    send_to_awaiter send(bytes_view bytes) noexcept { return {*this, bytes, address()}; }

    const address& local() const noexcept { return local_; }
    void close() noexcept;

  private:
    friend class recv_from_awaiter;
    friend class send_to_awaiter;
    sockeye::engine* engine_;
    handle handle_ = handle::none;
    address local_;
    address peer_;
};

}  // namespace sockeye
