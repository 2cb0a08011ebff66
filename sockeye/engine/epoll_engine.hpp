// epoll: the same operations where io_uring is refused. A call is tried first; what would have to
// wait is kept until an edge says that it may be tried again.
#pragma once

#include "sockeye/engine/kernel_engine.hpp"
#include "sockeye/engine/receive_space.hpp"
#include "sockeye/engine/socket_table.hpp"

struct epoll_event;

namespace sockeye {

class epoll_engine final : public kernel_engine {
  public:
    // Throws `error` when the kernel gives no descriptor for it.
    epoll_engine();
    ~epoll_engine() override;

    std::string_view name() const noexcept override { return "epoll"; }

    int detach(handle h) noexcept override;
    void close(handle h) noexcept override;

    bool accept(handle h, accept_operation& op) noexcept override;
    bool connect(handle h, connect_operation& op) noexcept override;
    bool recv(handle h, recv_operation& op) noexcept override;
    bool send(handle h, send_operation& op) noexcept override;
    bool recv_from(handle h, recv_from_operation& op) noexcept override;
    bool send_to(handle h, send_to_operation& op) noexcept override;
    bool poll(handle h, poll_operation& op) noexcept override;
    bool read(handle h, read_operation& op) noexcept override;
    bool write(handle h, write_operation& op) noexcept override;
    bool sync(handle h, sync_operation& op) noexcept override;
    bool splice(handle from, splice_operation& op) noexcept override;
    void cancel(operation& op) noexcept override;

    void run_once(time_point until, duration spin) noexcept override;
    bool busy() const noexcept override { return false; }
    engine_counters counters() const noexcept override;

  private:
    enum class direction : std::uint8_t { in, out };

    struct socket_state {
        operation* reader = nullptr;
        operation* writer = nullptr;
        std::uint32_t generation = 0;
        descriptor_kind kind = descriptor_kind::pollable;
        bool is_open : 1 = false;
        bool is_watched : 1 = false;  // epoll knows it
        bool may_read : 1 = false;    // an edge has come and not been used up
        bool has_ended : 1 = false;   // hang-up or error: reads never wait again
        bool has_received : 1 = false;
    };

    int enroll(int fd, descriptor_kind kind) noexcept override;
    socket_state& state_of(handle h) noexcept { return sockets_[static_cast<unsigned>(h)]; }

    bool try_or_wait(operation& op, handle h, operation_kind kind, direction way) noexcept;
    bool try_now(operation& op) noexcept;
    bool try_recv(recv_operation& op) noexcept;
    bool try_connect(connect_operation& op) noexcept;
    bool try_without_blocking(operation& op) noexcept;
    bool try_splice(splice_operation& op) noexcept;
    static bool is_ready(int fd, short events) noexcept;
    void wait_ready(operation& op, handle h, direction way) noexcept;
    int watch(int fd, socket_state& socket) noexcept;
    bool on_pool(operation& op, handle h, operation_kind kind) noexcept;
    int wait_for_events(epoll_event* events, int most, time_point until) noexcept;
    int spin_for_events(epoll_event* events, int most, time_point until, duration spin) noexcept;
    void fetch_early(const epoll_event& event) noexcept;
    void dispatch(const epoll_event& event) noexcept;
    bool take_back(operation& op, handle h) noexcept;
    void try_again(operation*& waiting) noexcept;

    unique_fd epoll_fd_;
    receive_space space_;
    socket_table<socket_state> sockets_;
};

}  // namespace sockeye
