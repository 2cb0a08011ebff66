// What is under a stream: a socket, or something that looks like one (TLS, a proxy, a test).
#pragma once

#include "sockeye/engine/engine.hpp"

namespace sockeye {

// The operations are the engine's own types, with the same rules: true means finished already, else
// the completion comes later, and nothing may end before it has come.
class transport {
  public:
    virtual ~transport() = default;

    virtual bool recv(recv_operation& op) noexcept = 0;
    virtual bool send(send_operation& op) noexcept = 0;
    virtual void cancel(operation& op) noexcept = 0;
    // 0 or minus an errno.
    virtual int shutdown(shutdown_how how) noexcept = 0;
    virtual int local_address(address& out) noexcept = 0;
    // The socket at the bottom, for options.
    virtual handle socket() const noexcept = 0;
};

}  // namespace sockeye
