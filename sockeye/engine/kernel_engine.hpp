// What the two engines over the real kernel share: the calls that never wait, single attempts at
// those that may, the pool of threads for functions that block, and waking.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <sys/types.h>
#include <thread>
#include <vector>

#include "sockeye/core/unique_fd.hpp"
#include "sockeye/engine/engine.hpp"
#include "sockeye/engine/operation_kind.hpp"
#include "sockeye/engine/send_progress.hpp"
#include "sockeye/engine/xoroshiro.hpp"

struct iovec;

namespace sockeye {

// What a descriptor is decides how it is read and waited for.
enum class descriptor_kind : std::uint8_t {
    stream_socket,   // TCP and the like
    local_stream,    // UNIX stream sockets
    message_socket,  // datagrams and seqpackets
    pollable,        // pipes, terminals, event descriptors
    file,            // always ready
};

// A first-in first-out list of operations, linked through themselves.
class operation_queue {
  public:
    bool empty() const noexcept { return head_ == nullptr; }
    void push(operation& op) noexcept {
        op.next = nullptr;
        (head_ ? tail_->next : head_) = &op;
        tail_ = &op;
    }
    operation* pop() noexcept {
        operation* op = head_;
        if (op) head_ = op->next;
        return op;
    }
    // Takes one out from anywhere; false when it is not in the list.
    bool remove(operation& op) noexcept;
    operation_queue take_all() noexcept { return std::exchange(*this, {}); }

  private:
    operation* head_ = nullptr;
    operation* tail_ = nullptr;
};

class kernel_engine : public engine {
  public:
    kernel_engine();
    ~kernel_engine() override;

    time_point now() noexcept override;
    std::chrono::nanoseconds wall_time() noexcept override;
    std::uint64_t random() noexcept override;

    int open_socket(family protocol, transport_kind kind) noexcept override;
    int adopt(int fd) noexcept override;
    int bind(handle h, const address& local) noexcept override;
    int listen(handle h, int backlog) noexcept override;
    int local_address(handle h, address& out) noexcept override;
    int peer_address(handle h, address& out) noexcept override;
    int set_option(handle h, int level, int name, bytes_view value) noexcept override;
    int get_option(handle h, int level, int name, void* value, std::size_t size) noexcept override;
    int shutdown(handle h, shutdown_how how) noexcept override;
    bool blocking(blocking_operation& op) noexcept override;
    void wake() noexcept override;

  protected:
    static int fd_of(handle h) noexcept { return static_cast<int>(h); }
    static handle handle_of(int fd) noexcept { return static_cast<handle>(fd); }
    static operation_kind kind_of(const operation& op) noexcept {
        return static_cast<operation_kind>(op.kind);
    }

    // Starts keeping state for a new descriptor. Returns its handle, or minus an errno (then the
    // descriptor is still the caller's).
    virtual int enroll(int fd, descriptor_kind kind) noexcept = 0;

    // One system call that does not wait; sets `result`. False: it would have to wait.
    bool attempt(operation& op) noexcept;
    // The same for read and write through any descriptor, waiting if the descriptor does.
    static std::int64_t transfer(operation& op) noexcept;

    void begin(operation& op, handle h, operation_kind kind) noexcept {
        op.target = h;
        op.kind = static_cast<std::uint8_t>(kind);
        op.stage = 0;
        ++counters_.operations;
    }
    void finish(operation& op, std::int64_t result) noexcept {
        op.result = result;
        ++counters_.completions;
        op.on_complete(op);
    }
    // Finished inside the call that started or cancelled it: reported by the next `run_once`.
    void finish_later(operation& op, std::int64_t result) noexcept {
        op.result = result;
        finished_.push(op);
    }
    // Puts a read, write, sync or splice on a file onto the pool of threads.
    void run_on_pool(operation& op) noexcept;
    // -ECANCELED soon, if the pool has not begun with it yet.
    void cancel_on_pool(operation& op) noexcept;
    // Reports what finish_later and the pool have collected. True when there was any.
    bool deliver_finished() noexcept;

    // Around every wait: false when the engine must not sleep.
    bool prepare_to_sleep() noexcept;
    // Whoever called `wake` during the wait has ended it, and must not end the next one too.
    void slept() noexcept {
        asleep_.store(false, std::memory_order_seq_cst);
        woken_.exchange(false, std::memory_order_seq_cst);
    }
    bool must_not_sleep() const noexcept {
        return woken_.load(std::memory_order_acquire) || !finished_.empty();
    }

    // A forked child has the engine's memory, but neither its threads nor the right to its ring.
    bool is_in_owner() const noexcept;

    engine_counters counters_;
    unique_fd wake_fd_;

  private:
    static constexpr unsigned most_pool_threads = 4;

    bool attempt_accept(accept_operation& op) noexcept;
    bool attempt_send(send_operation& op) noexcept;
    static ssize_t send_some(const send_operation& op) noexcept;
    bool attempt_recv_from(recv_from_operation& op) noexcept;
    bool attempt_send_to(send_to_operation& op) noexcept;
    bool attempt_poll(poll_operation& op) noexcept;
    void pool_main() noexcept;
    void start_pool_thread() noexcept;
    static void work_on(operation& op) noexcept;

    int owner_process_;
    operation_queue finished_;
    std::unique_ptr<std::byte[]> datagram_;  // one datagram arrives here before its size is known
    xoroshiro random_{0};

    std::atomic<bool> woken_ = false;
    std::atomic<bool> asleep_ = false;

    // The threads for what blocks. Apart from the engine, since a forked child must leave it as it
    // is: its locks and its waiters are those of threads that the child does not have.
    struct thread_pool {
        std::mutex mutex;
        std::condition_variable wakes;
        operation_queue queue;
        operation_queue finished;
        std::vector<std::thread> threads;
        unsigned idle = 0;
        unsigned waiting = 0;  // operations in `queue`
        bool ends = false;
    };
    std::unique_ptr<thread_pool> pool_;
    std::atomic<bool> pool_has_finished_ = false;
};

// The parts that a send has not reached as sendmsg(2) and writev(2) want them. Only at the start of
// a part: `offset` must be 0.
struct part_list {
    iovec* parts;
    unsigned count;
};
part_list whole_parts(const send_operation& op) noexcept;

}  // namespace sockeye
