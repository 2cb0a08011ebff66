// The plain transport: a connected stream socket of the engine.
#pragma once

#include "sockeye/net/transport.hpp"

namespace sockeye {

class socket_transport final : public transport {
  public:
    // Owns `socket` from now on.
    socket_transport(engine& on, handle socket) noexcept : engine_(on), handle_(socket) {}
    ~socket_transport() override {
        if (handle_ != handle::none) engine_.close(handle_);
    }

    bool recv(recv_operation& op) noexcept override { return engine_.recv(handle_, op); }
    bool send(send_operation& op) noexcept override { return engine_.send(handle_, op); }
    void cancel(operation& op) noexcept override { engine_.cancel(op); }
    int shutdown(shutdown_how how) noexcept override { return engine_.shutdown(handle_, how); }
    int local_address(address& out) noexcept override {
        return engine_.local_address(handle_, out);
    }
    handle socket() const noexcept override { return handle_; }

    // Gives the socket up; minus an errno when it has been used.
    int detach() noexcept {
        const int fd = engine_.detach(handle_);
        if (fd >= 0) handle_ = handle::none;
        return fd;
    }

  private:
    engine& engine_;
    handle handle_;
};

}  // namespace sockeye
