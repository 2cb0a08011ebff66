// Waiting for connections.
#pragma once

#include <string>
#include <vector>

#include "sockeye/core/address.hpp"
#include "sockeye/net/stream.hpp"
#include "sockeye/runtime/operations.hpp"

namespace sockeye {

class listener;

class [[nodiscard]] accept_awaiter final : public operation_awaiter<accept_operation> {
  public:
    explicit accept_awaiter(listener& on) noexcept : listener_(on) {}
    accept_awaiter(accept_awaiter&&) noexcept = default;
    stream await_resume();
    std::string waits_for() const override;

  private:
    bool start() override;
    listener& listener_;
};

// How several listeners of one address share its connections.
enum class port_sharing : unsigned char {
    none,
    reuse_port,  // each gets a part of them: SO_REUSEPORT, socket(7)
};

struct listen_options {
    int backlog = 4096;  // the kernel cuts it to net.core.somaxconn
    port_sharing sharing = port_sharing::none;
};

// Move-only; for the thread of the loop on which it was made. At its end it is closed, and the file
// of a UNIX socket removed.
class listener {
  public:
    // Binds and listens. SO_REUSEADDR is set; a UNIX socket's file on which nobody listens any more
    // is replaced. On :: IPv4 is served too. Throws `error`.
    explicit listener(const address& local, listen_options options = {});
    listener(listener&& other) noexcept
        : engine_(other.engine_),
          handle_(std::exchange(other.handle_, handle::none)),
          local_(std::move(other.local_)) {}
    listener& operator=(listener&&) = delete;
    ~listener() { close(); }

    // The next connection. Throws `error`: with too_many_files_open and its like it is worth trying
    // again, a little later.
    accept_awaiter accept() noexcept { return accept_awaiter(*this); }
    // With the port that the kernel chose, where 0 was asked for.
    const address& local() const noexcept { return local_; }
    void close() noexcept;

  private:
    friend class accept_awaiter;
    sockeye::engine* engine_;
    handle handle_ = handle::none;
    address local_;
};

// Listens on every address of an endpoint such as "localhost:12345" or ":8080": see `resolve`.
// Throws `error`.
task<std::vector<listener>> listen(std::string endpoint, listen_options options = {});

}  // namespace sockeye
