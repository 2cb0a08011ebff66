// io_uring: one ring for each loop, multishot receives into a shared ring of buffers.
#pragma once

#include <liburing.h>

#include "sockeye/engine/buffer_pool.hpp"
#include "sockeye/engine/kernel_engine.hpp"
#include "sockeye/engine/socket_table.hpp"

namespace sockeye {

class uring_engine final : public kernel_engine {
  public:
    // Throws `error` with the kernel's reason where io_uring, or a feature this engine stands on,
    // is refused.
    uring_engine();
    ~uring_engine() override;

    std::string_view name() const noexcept override { return "uring"; }

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
    bool busy() const noexcept override { return closing_ != 0; }
    engine_counters counters() const noexcept override;

  private:
    struct socket_state {
        recv_operation* reader = nullptr;
        std::unique_ptr<arrived_data> arrived;
        int ended = 0;  // 0: open; 1: end of stream; below: minus an errno
        int next_starved = -1;
        std::uint16_t generation = 0;
        descriptor_kind kind = descriptor_kind::pollable;
        bool is_open : 1 = false;
        bool is_armed : 1 = false;    // a receive is with the kernel
        bool is_polling : 1 = false;  // what is armed only waits until there is something to read
        bool is_paused : 1 = false;   // it was cancelled because the reader fell behind
        bool is_starved : 1 = false;  // it found no buffer and waits for one
        bool is_closing : 1 = false;
        bool has_received : 1 = false;
    };

    int enroll(int fd, descriptor_kind kind) noexcept override;
    socket_state& state_of(handle h) noexcept { return sockets_[static_cast<unsigned>(h)]; }

    void set_up_ring();
    void set_up_buffers();
    void tear_down() noexcept;
    static void slot_freed(void* self, unsigned slot) noexcept;
    void give_slot(unsigned slot) noexcept;

    io_uring_sqe* next_entry() noexcept;
    void submit(std::uint64_t user_data, io_uring_sqe* entry) noexcept;
    void start(operation& op, io_uring_sqe* entry) noexcept;
    bool start_or_wait(operation& op, handle h, operation_kind kind, short events) noexcept;
    void wait_ready(operation& op, short events) noexcept;
    void submit_send(send_operation& op) noexcept;
    void arm_receive(int fd, socket_state& socket) noexcept;
    void await_readable(int fd, socket_state& socket) noexcept;
    void cancel_receive(int fd, socket_state& socket) noexcept;
    void arm_wake() noexcept;
    void forget(socket_state& socket) noexcept;
    void submit_close(int fd, socket_state& socket) noexcept;

    void flush() noexcept;
    void wait_for_completion(time_point until) noexcept;
    bool spin_for_completion(time_point until, duration spin) noexcept;
    void reap() noexcept;
    void dispatch(const io_uring_cqe& entry) noexcept;
    void operation_completed(operation& op, int result) noexcept;
    void send_completed(send_operation& op, int result) noexcept;
    void send_rest(send_operation& op) noexcept;
    void ready_completed(const io_uring_cqe& entry) noexcept;
    void receive_completed(const io_uring_cqe& entry) noexcept;
    void receive_ended(int fd, socket_state& socket, int result) noexcept;
    buffer take_buffer(const io_uring_cqe& entry) noexcept;
    void store_arrived(int fd, socket_state& socket, buffer data) noexcept;
    void starve(int fd, socket_state& socket) noexcept;
    void forget_starved(int fd) noexcept;
    void feed_starved() noexcept;

    io_uring ring_ = {};
    // One for each submission entry: the kernel has read it once the entry is submitted.
    std::unique_ptr<msghdr[]> message_headers_;
    io_uring_buf_ring* buffer_ring_ = nullptr;
    unsigned buffer_ring_entries_ = 0;
    bool incremental_ = false;
    buffer_pool::owner pool_;
    std::unique_ptr<std::uint32_t[]> slot_used_;  // how far the kernel has filled each slot

    socket_table<socket_state> sockets_;
    int starved_head_ = -1;
    int starved_tail_ = -1;
    bool slots_came_back_ = false;
    std::uint32_t closing_ = 0;
    std::uint16_t generation_ = 0;
    std::uint64_t wake_count_ = 0;
};

}  // namespace sockeye
