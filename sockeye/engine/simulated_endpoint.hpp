// What a handle of the simulated engine stands for: a socket, an end of a pipe, a file.
#pragma once

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>

#include "sockeye/engine/engine.hpp"

namespace sockeye {

class simulated_engine;

// Nothing here waits: what would have to is -EAGAIN, and `changed` is told when it is worth
// another try. Results are as for the system calls of the same names.
class simulated_endpoint {
  public:
    virtual ~simulated_endpoint() = default;

    virtual int bind(const address&) { return -ENOTSOCK; }
    virtual int listen(int) { return -ENOTSOCK; }
    virtual int local_address(address&) { return -ENOTSOCK; }
    virtual int peer_address(address&) { return -ENOTSOCK; }
    virtual int shutdown(shutdown_how) { return -ENOTSOCK; }
    // The error that SO_ERROR reports and clears, 0 or an errno.
    virtual int take_error() { return 0; }
    virtual void close() = 0;

    virtual int begin_connect(const address&) { return -ENOTSOCK; }
    virtual int end_connect() { return -ENOTSOCK; }
    virtual std::int64_t accept(address&, std::shared_ptr<simulated_endpoint>&) {
        return -ENOTSOCK;
    }
    virtual std::int64_t receive(std::byte*, std::size_t) { return -EINVAL; }
    virtual std::int64_t send(bytes_view) { return -EINVAL; }
    virtual std::int64_t receive_datagram(buffer&, address&) { return -ENOTSOCK; }
    virtual std::int64_t send_datagram(bytes_view, const address&) { return -ENOTSOCK; }
    // poll(2)'s events that hold.
    virtual short readiness() = 0;
    // How many bytes a send surely takes, once it is ready for any.
    virtual std::size_t room() const { return SIZE_MAX; }
    // True where each send is a message of its own.
    virtual bool has_messages() const { return false; }

    // Whose it is; nobody's before it is accepted and once it is closed.
    simulated_engine* owner = nullptr;
    handle number = handle::none;

  protected:
    void changed();
};

}  // namespace sockeye
