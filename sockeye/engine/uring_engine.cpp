#include "sockeye/engine/uring_engine.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sockeye/core/error.hpp"
#include "sockeye/engine/uring_abi.hpp"

namespace sockeye {

namespace {

constexpr unsigned submission_entries = 1024;
constexpr unsigned completion_entries = 8192;
constexpr int buffer_group = 0;
// An entry's length has 32 bits.
constexpr std::size_t largest_transfer = std::size_t{1} << 30;

// 4 MiB of receive buffers for each loop. Large slots serve bulk data; the kernel fills them
// incrementally, so that small messages share one. Where it cannot, one message takes one slot.
constexpr unsigned incremental_slots = 64;
constexpr std::size_t incremental_slot_size = 64 * 1024;
constexpr unsigned plain_slots = 512;
constexpr std::size_t plain_slot_size = 8 * 1024;

// A reader this far behind stops its connection's receives, until it has caught up.
constexpr std::size_t most_arrived_bytes = 256 * 1024;
constexpr std::size_t most_arrived_buffers = 32;

// user_data: the low three bits say what it is, the high sixteen carry a generation, so that a
// completion for something that has ended is never taken for its successor.
enum class tag : std::uint64_t {
    operation = 0,
    receive = 1,
    ignored = 2,
    wake = 3,
    close = 4,
    readable = 5,
};

std::uint64_t word(tag what, int fd, std::uint16_t generation) noexcept {
    return static_cast<std::uint64_t>(generation) << 48 |
           static_cast<std::uint64_t>(static_cast<unsigned>(fd)) << 8 |
           static_cast<std::uint64_t>(what);
}
std::uint64_t word(const operation& op) noexcept {
    return static_cast<std::uint64_t>(op.generation) << 48 | reinterpret_cast<std::uintptr_t>(&op);
}
tag tag_of(std::uint64_t user_data) noexcept {
    return static_cast<tag>(user_data & 7);
}
int fd_in(std::uint64_t user_data) noexcept {
    return static_cast<int>(user_data >> 8);
}
std::uint16_t generation_in(std::uint64_t user_data) noexcept {
    return static_cast<std::uint16_t>(user_data >> 48);
}
operation& operation_in(std::uint64_t user_data) noexcept {
    return *reinterpret_cast<operation*>(user_data & 0x0000'ffff'ffff'ffff);
}

// operation::stage: what is with the kernel is a poll, not the operation itself; and somebody
// wants it to end, so that nothing is started for it again.
constexpr std::uint8_t waiting_ready = 1;
constexpr std::uint8_t is_cancelled = 2;

// A cancellation interrupts what runs on one of the kernel's own threads. splice then ends with
// the kernel's inner word for "start it again", ERESTARTSYS.
bool was_interrupted(int result) noexcept {
    constexpr int restart = 512;
    return result == -EINTR || result == -restart;
}

bool is_stream(descriptor_kind kind) noexcept {
    return kind == descriptor_kind::stream_socket;
}

}  // namespace

uring_engine::uring_engine() {
    set_up_ring();
    try {
        set_up_buffers();
    } catch (...) {
        tear_down();
        throw;
    }
    arm_wake();
}

uring_engine::~uring_engine() {
    tear_down();
}

void uring_engine::tear_down() noexcept {
    if (is_in_owner()) {
        ::io_uring_submit(&ring_);
        ::io_uring_queue_exit(&ring_);
    } else {
        // After a fork the ring is the parent's, and its memory is not in the child. Held open here
        // it would outlive the parent's engine, and with it the connections that it reads.
        ::close(ring_.ring_fd);
    }
    // Their receives have ended with the ring; nobody else would close them.
    for (unsigned fd = 0; fd < sockets_.size(); ++fd)
        if (sockets_[fd].is_open || sockets_[fd].is_closing) ::close(static_cast<int>(fd));
    // Leases that end from here on must not be put into the ring of buffers.
    pool_.reset();
    if (buffer_ring_) ::munmap(buffer_ring_, buffer_ring_entries_ * sizeof(io_uring_buf));
}

void uring_engine::set_up_ring() {
    io_uring_params params = {};
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SINGLE_ISSUER |
                   IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_TASKRUN_FLAG;
    params.cq_entries = completion_entries;
    const int result = ::io_uring_queue_init_params(submission_entries, &ring_, &params);
    if (result < 0) throw error::from_errno(-result, "io_uring_setup");
    ::io_uring_ring_dontfork(&ring_);
    ::io_uring_register_ring_fd(&ring_);
    message_headers_.reset(new msghdr[submission_entries]);
}

void uring_engine::set_up_buffers() {
    const auto try_mode = [this](bool incremental) {
        buffer_ring_entries_ = incremental ? incremental_slots : plain_slots;
        const std::size_t size = buffer_ring_entries_ * sizeof(io_uring_buf);
        void* memory =
            ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
        if (memory == MAP_FAILED) return -errno;
        io_uring_buf_reg registration = {};
        registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
        registration.ring_entries = buffer_ring_entries_;
        registration.bgid = buffer_group;
        // liburing 2.3 calls the field `pad`.
        registration.pad = incremental ? uring_abi::buffer_ring_incremental : 0;
        const int result = ::io_uring_register_buf_ring(&ring_, &registration, 0);
        if (result < 0) {
            ::munmap(memory, size);
            return result;
        }
        buffer_ring_ = static_cast<io_uring_buf_ring*>(memory);
        return 0;
    };
    incremental_ = true;
    int result = try_mode(true);
    if (result == -EINVAL) {
        incremental_ = false;
        result = try_mode(false);
    }
    if (result < 0) throw error::from_errno(-result, "register io_uring receive buffers");
    ::io_uring_buf_ring_init(buffer_ring_);
    const std::size_t slot_size = incremental_ ? incremental_slot_size : plain_slot_size;
    pool_ = buffer_pool::make(slot_size, buffer_ring_entries_, slot_freed, this);
    slot_used_.reset(new std::uint32_t[buffer_ring_entries_]{});
    for (unsigned slot = 0; slot < buffer_ring_entries_; ++slot) give_slot(slot);
}

void uring_engine::give_slot(unsigned slot) noexcept {
    slot_used_[slot] = 0;
    ::io_uring_buf_ring_add(
        buffer_ring_, pool_->slot_data(slot), static_cast<unsigned>(pool_->slot_size()),
        static_cast<unsigned short>(slot), ::io_uring_buf_ring_mask(buffer_ring_entries_), 0);
    ::io_uring_buf_ring_advance(buffer_ring_, 1);
    slots_came_back_ = true;
}

void uring_engine::slot_freed(void* self, unsigned slot) noexcept {
    static_cast<uring_engine*>(self)->give_slot(slot);
}

engine_counters uring_engine::counters() const noexcept {
    engine_counters counters = counters_;
    counters.buffers_lent = pool_->lent();
    counters.buffers_copied = pool_->copied();
    counters.overflows = *ring_.cq.koverflow;
    return counters;
}

int uring_engine::enroll(int fd, descriptor_kind kind) noexcept {
    try {
        sockets_.reserve(static_cast<unsigned>(fd));
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
    socket_state& socket = sockets_[static_cast<unsigned>(fd)];
    const auto generation = static_cast<std::uint16_t>(socket.generation + 1);
    socket = {};
    socket.generation = generation;
    socket.kind = kind;
    socket.is_open = true;
    ++counters_.sockets;
    return fd;
}

int uring_engine::detach(handle h) noexcept {
    socket_state& socket = state_of(h);
    if (socket.has_received) return -EBUSY;
    socket.is_open = false;
    --counters_.sockets;
    return fd_of(h);
}

// --- submitting

io_uring_sqe* uring_engine::next_entry() noexcept {
    io_uring_sqe* entry = ::io_uring_get_sqe(&ring_);
    while (!entry) {
        flush();
        entry = ::io_uring_get_sqe(&ring_);
    }
    return entry;
}

void uring_engine::flush() noexcept {
    const int result = ::io_uring_submit(&ring_);
    // EBUSY: completions that did not fit wait in the kernel; a look makes it bring them in.
    if (result == -EBUSY) ::io_uring_get_events(&ring_);
}

void uring_engine::submit(std::uint64_t user_data, io_uring_sqe* entry) noexcept {
    ::io_uring_sqe_set_data64(entry, user_data);
}

void uring_engine::start(operation& op, io_uring_sqe* entry) noexcept {
    op.generation = ++generation_;
    submit(word(op), entry);
}

void uring_engine::wait_ready(operation& op, short events) noexcept {
    op.stage |= waiting_ready;
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_poll_add(entry, fd_of(op.target), static_cast<unsigned short>(events));
    start(op, entry);
}

bool uring_engine::start_or_wait(operation& op, handle h, operation_kind kind,
                                 short events) noexcept {
    begin(op, h, kind);
    if (attempt(op)) {
        ++counters_.immediate;
        return true;
    }
    wait_ready(op, events);
    return false;
}

bool uring_engine::accept(handle h, accept_operation& op) noexcept {
    return start_or_wait(op, h, operation_kind::accept, POLLIN);
}

bool uring_engine::recv_from(handle h, recv_from_operation& op) noexcept {
    return start_or_wait(op, h, operation_kind::recv_from, POLLIN);
}

bool uring_engine::send_to(handle h, send_to_operation& op) noexcept {
    return start_or_wait(op, h, operation_kind::send_to, POLLOUT);
}

bool uring_engine::poll(handle h, poll_operation& op) noexcept {
    return start_or_wait(op, h, operation_kind::poll, op.events);
}

bool uring_engine::connect(handle h, connect_operation& op) noexcept {
    begin(op, h, operation_kind::connect);
    auto* storage = reinterpret_cast<sockaddr_storage*>(op.socket_address);
    static_assert(sizeof(sockaddr_storage) <= sizeof op.socket_address);
    op.socket_address_size = op.peer.to_sockaddr(*storage);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_connect(entry, fd_of(h), reinterpret_cast<sockaddr*>(storage),
                            op.socket_address_size);
    start(op, entry);
    return false;
}

bool uring_engine::send(handle h, send_operation& op) noexcept {
    begin(op, h, operation_kind::send);
    op.result = 0;
    op.part = 0;
    op.offset = 0;
    if (advance(op, 0)) {
        ++counters_.immediate;
        return true;
    }
    submit_send(op);
    return false;
}

void uring_engine::submit_send(send_operation& op) noexcept {
    constexpr int flags = MSG_NOSIGNAL | MSG_WAITALL;
    const int fd = fd_of(op.target);
    io_uring_sqe* entry = next_entry();
    const bytes_view first = current_part(op).first(largest_transfer);
    const descriptor_kind kind = state_of(op.target).kind;
    if (kind == descriptor_kind::pollable || kind == descriptor_kind::file) {
        ::io_uring_prep_write(entry, fd, first.data(), static_cast<unsigned>(first.size()),
                              static_cast<std::uint64_t>(-1));
    } else if (op.offset != 0 || op.part + 1 == op.count) {
        ::io_uring_prep_send(entry, fd, first.data(), first.size(), flags);
    } else {
        const part_list parts = whole_parts(op);
        msghdr& message = message_headers_[entry - ring_.sq.sqes];
        message = {};
        message.msg_iov = parts.parts;
        message.msg_iovlen = parts.count;
        ::io_uring_prep_sendmsg(entry, fd, &message, flags);
    }
    start(op, entry);
}

bool uring_engine::read(handle h, read_operation& op) noexcept {
    begin(op, h, operation_kind::read);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_read(entry, fd_of(h), op.into, static_cast<unsigned>(op.size),
                         static_cast<std::uint64_t>(op.offset));
    start(op, entry);
    return false;
}

bool uring_engine::write(handle h, write_operation& op) noexcept {
    begin(op, h, operation_kind::write);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_write(entry, fd_of(h), op.data.data(), static_cast<unsigned>(op.data.size()),
                          static_cast<std::uint64_t>(op.offset));
    start(op, entry);
    return false;
}

bool uring_engine::sync(handle h, sync_operation& op) noexcept {
    begin(op, h, operation_kind::sync);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_fsync(entry, fd_of(h), op.what == sync_what::data ? IORING_FSYNC_DATASYNC : 0);
    start(op, entry);
    return false;
}

bool uring_engine::splice(handle from, splice_operation& op) noexcept {
    begin(op, from, operation_kind::splice);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_splice(entry, fd_of(from), op.from_offset, fd_of(op.to), op.to_offset,
                           static_cast<unsigned>(op.size), 0);
    start(op, entry);
    return false;
}

void uring_engine::cancel(operation& op) noexcept {
    switch (kind_of(op)) {
        case operation_kind::recv: {
            socket_state& socket = state_of(op.target);
            if (socket.reader != &op) return;
            socket.reader = nullptr;
            finish_later(op, -ECANCELED);
            return;
        }
        case operation_kind::blocking:
            cancel_on_pool(op);
            return;
        default: {
            op.stage |= is_cancelled;
            io_uring_sqe* entry = next_entry();
            ::io_uring_prep_cancel64(entry, word(op), 0);
            submit(word(tag::ignored, 0, 0), entry);
        }
    }
}

// --- receiving

bool uring_engine::recv(handle h, recv_operation& op) noexcept {
    begin(op, h, operation_kind::recv);
    socket_state& socket = state_of(h);
    assert(socket.is_open && !socket.reader);
    socket.has_received = true;
    if (socket.arrived) {
        op.data = socket.arrived->pop();
        op.result = static_cast<std::int64_t>(op.data.size());
        if (socket.arrived->empty()) socket.arrived.reset();
        ++counters_.immediate;
        return true;
    }
    if (socket.ended) {
        op.result = std::min(socket.ended, 0);
        if (socket.kind == descriptor_kind::message_socket) socket.ended = 0;
        ++counters_.immediate;
        return true;
    }
    socket.reader = &op;
    if (!socket.is_armed && !socket.is_starved) arm_receive(fd_of(h), socket);
    return false;
}

void uring_engine::arm_receive(int fd, socket_state& socket) noexcept {
    io_uring_sqe* entry = next_entry();
    switch (socket.kind) {
        case descriptor_kind::stream_socket:
            ::io_uring_prep_recv_multishot(entry, fd, nullptr, 0, 0);
            break;
        case descriptor_kind::local_stream:
        case descriptor_kind::message_socket:
            // One at a time: a multishot receive can lose the end of a UNIX stream (liburing
            // #1549).
            ::io_uring_prep_recv(entry, fd, nullptr, 0, 0);
            break;
        case descriptor_kind::pollable:
        case descriptor_kind::file:
            ::io_uring_prep_read(entry, fd, nullptr, 0, static_cast<std::uint64_t>(-1));
            break;
    }
    entry->flags |= IOSQE_BUFFER_SELECT;
    entry->buf_group = buffer_group;
    socket.is_armed = true;
    socket.is_paused = false;
    submit(word(tag::receive, fd, socket.generation), entry);
}

// For a terminal in non-blocking mode, whose reads the kernel ends with EAGAIN instead of waiting.
void uring_engine::await_readable(int fd, socket_state& socket) noexcept {
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_poll_add(entry, fd, POLLIN);
    socket.is_armed = true;
    socket.is_polling = true;
    submit(word(tag::readable, fd, socket.generation), entry);
}

void uring_engine::ready_completed(const io_uring_cqe& entry) noexcept {
    const int fd = fd_in(entry.user_data);
    socket_state& socket = sockets_[static_cast<unsigned>(fd)];
    if (socket.generation != generation_in(entry.user_data)) return;
    socket.is_armed = false;
    socket.is_polling = false;
    if (socket.is_closing) return submit_close(fd, socket);
    if (socket.reader) arm_receive(fd, socket);
}

void uring_engine::cancel_receive(int fd, socket_state& socket) noexcept {
    const tag what = socket.is_polling ? tag::readable : tag::receive;
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_cancel64(entry, word(what, fd, socket.generation), 0);
    submit(word(tag::ignored, 0, 0), entry);
}

buffer uring_engine::take_buffer(const io_uring_cqe& entry) noexcept {
    const unsigned slot = entry.flags >> IORING_CQE_BUFFER_SHIFT;
    const auto size = static_cast<std::uint32_t>(std::max(entry.res, 0));
    const std::uint32_t offset = slot_used_[slot];
    slot_used_[slot] += size;
    const bool more = incremental_ && (entry.flags & uring_abi::completion_buffer_more);
    buffer data = size ? pool_->deliver(slot, offset, size) : buffer();
    if (!more) pool_->filled(slot);
    return data;
}

void uring_engine::receive_completed(const io_uring_cqe& entry) noexcept {
    buffer data;
    if (entry.flags & IORING_CQE_F_BUFFER) data = take_buffer(entry);
    const int fd = fd_in(entry.user_data);
    socket_state& socket = sockets_[static_cast<unsigned>(fd)];
    if (socket.generation != generation_in(entry.user_data)) return;
    if (!(entry.flags & IORING_CQE_F_MORE)) socket.is_armed = false;
    if (socket.is_closing) {
        if (!socket.is_armed) submit_close(fd, socket);
        return;
    }
    if (entry.res <= 0) return receive_ended(fd, socket, entry.res);
    if (!socket.reader) return store_arrived(fd, socket, std::move(data));
    recv_operation* reader = std::exchange(socket.reader, nullptr);
    reader->data = std::move(data);
    finish(*reader, entry.res);
}

void uring_engine::receive_ended(int fd, socket_state& socket, int result) noexcept {
    switch (result) {
        case -ENOBUFS:
            return starve(fd, socket);
        case -EAGAIN:
            if (socket.reader && !socket.is_armed) await_readable(fd, socket);
            return;
        case -ECANCELED:
        case -EINTR:
            if (socket.reader && !socket.is_armed) arm_receive(fd, socket);
            return;
        default:
            break;
    }
    recv_operation* reader = std::exchange(socket.reader, nullptr);
    // An empty datagram is no end, and an error of one datagram is not the next one's: told once.
    if (!reader || socket.kind != descriptor_kind::message_socket)
        socket.ended = result == 0 ? 1 : result;
    if (reader) finish(*reader, result);
}

void uring_engine::store_arrived(int fd, socket_state& socket, buffer data) noexcept {
    if (!socket.arrived) socket.arrived.reset(new arrived_data);
    socket.arrived->push(std::move(data));
    const bool behind = socket.arrived->size() >= most_arrived_bytes ||
                        socket.arrived->count() >= most_arrived_buffers;
    if (!behind || !socket.is_armed || socket.is_paused || !is_stream(socket.kind)) return;
    socket.is_paused = true;
    ++counters_.receives_paused;
    cancel_receive(fd, socket);
}

// Whoever found the ring of buffers empty waits in line here; nothing else would ever start its
// receive again.
void uring_engine::starve(int fd, socket_state& socket) noexcept {
    ++counters_.buffers_exhausted;
    if (!socket.reader || socket.is_armed) return;
    socket.is_starved = true;
    socket.next_starved = -1;
    if (starved_head_ < 0)
        starved_head_ = fd;
    else
        sockets_[static_cast<unsigned>(starved_tail_)].next_starved = fd;
    starved_tail_ = fd;
}

void uring_engine::forget_starved(int fd) noexcept {
    int before = -1;
    int each = starved_head_;
    while (each != fd)
        before = std::exchange(each, sockets_[static_cast<unsigned>(each)].next_starved);
    const int next = sockets_[static_cast<unsigned>(fd)].next_starved;
    (before < 0 ? starved_head_ : sockets_[static_cast<unsigned>(before)].next_starved) = next;
    if (starved_tail_ == fd) starved_tail_ = before;
    sockets_[static_cast<unsigned>(fd)].is_starved = false;
}

// Only once a buffer has come back: before that a new receive would find the ring as empty as the
// last one did, and the loop would spin.
void uring_engine::feed_starved() noexcept {
    if (starved_head_ < 0 || !std::exchange(slots_came_back_, false)) return;
    int fd = std::exchange(starved_head_, -1);
    while (fd >= 0) {
        socket_state& socket = sockets_[static_cast<unsigned>(fd)];
        socket.is_starved = false;
        if (socket.reader) arm_receive(fd, socket);
        fd = socket.next_starved;
    }
}

// --- closing

void uring_engine::close(handle h) noexcept {
    socket_state& socket = state_of(h);
    assert(socket.is_open && !socket.reader);
    const int fd = fd_of(h);
    socket.arrived.reset();
    if (socket.is_starved) forget_starved(fd);
    if (!socket.has_received) {
        // A listener's or a datagram socket's address is free when this returns.
        forget(socket);
        ::close(fd);
        return;
    }
    ++closing_;
    socket.is_closing = true;
    if (socket.is_armed)
        cancel_receive(fd, socket);
    else
        submit_close(fd, socket);
}

void uring_engine::forget(socket_state& socket) noexcept {
    socket.is_open = false;
    socket.is_closing = false;
    ++socket.generation;
    --counters_.sockets;
}

void uring_engine::submit_close(int fd, socket_state& socket) noexcept {
    forget(socket);
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_close(entry, fd);
    submit(word(tag::close, fd, 0), entry);
}

// --- waiting

void uring_engine::arm_wake() noexcept {
    io_uring_sqe* entry = next_entry();
    ::io_uring_prep_read(entry, wake_fd_.get(), &wake_count_, sizeof wake_count_, 0);
    submit(word(tag::wake, 0, 0), entry);
}

void uring_engine::run_once(time_point until, duration spin) noexcept {
    if (deliver_finished()) until = time_point::min();
    feed_starved();
    if (::io_uring_cq_ready(&ring_) || until == time_point::min() || !prepare_to_sleep()) {
        ::io_uring_submit(&ring_);
        ::io_uring_get_events(&ring_);
    } else {
        if (spin == duration::zero() || !spin_for_completion(until, spin))
            wait_for_completion(until);
        slept();
    }
    ++counters_.waits;
    reap();
}

void uring_engine::wait_for_completion(time_point until) noexcept {
    if (until == time_point::max()) {
        ::io_uring_submit_and_wait(&ring_, 1);
        return;
    }
    const duration left = std::max<duration>(until - now(), duration::zero());
    __kernel_timespec time = {};
    time.tv_sec = left.count() / 1'000'000'000;
    time.tv_nsec = left.count() % 1'000'000'000;
    io_uring_cqe* first = nullptr;
    ::io_uring_submit_and_wait_timeout(&ring_, &first, 1, &time, nullptr);
}

// True when there is something to reap. Task work is announced in the ring's flags, so the kernel
// is only entered when it has something.
bool uring_engine::spin_for_completion(time_point until, duration spin) noexcept {
    ::io_uring_submit(&ring_);
    const time_point end = std::min(until, now() + spin);
    do {
        for (int i = 0; i < 32; ++i) {
            if (__atomic_load_n(ring_.sq.kflags, __ATOMIC_ACQUIRE) & IORING_SQ_TASKRUN)
                ::io_uring_get_events(&ring_);
            if (::io_uring_cq_ready(&ring_) || must_not_sleep()) return true;
            __builtin_ia32_pause();
        }
    } while (now() < end);
    return now() >= until;
}

void uring_engine::reap() noexcept {
    // A bound, so that timers and the ready queue get their turn however much keeps coming.
    for (unsigned left = ::io_uring_cq_ready(&ring_); left > 0; --left) {
        io_uring_cqe* entry = nullptr;
        if (::io_uring_peek_cqe(&ring_, &entry) != 0) return;
        const io_uring_cqe copy = *entry;
        ::io_uring_cq_advance(&ring_, 1);
        dispatch(copy);
    }
}

void uring_engine::dispatch(const io_uring_cqe& entry) noexcept {
    switch (tag_of(entry.user_data)) {
        case tag::operation: {
            operation& op = operation_in(entry.user_data);
            assert(op.generation == generation_in(entry.user_data));
            operation_completed(op, entry.res);
            return;
        }
        case tag::receive:
            receive_completed(entry);
            return;
        case tag::readable:
            ready_completed(entry);
            return;
        case tag::wake:
            arm_wake();
            return;
        case tag::close:
            --closing_;
            return;
        case tag::ignored:
            return;
    }
}

void uring_engine::operation_completed(operation& op, int result) noexcept {
    const operation_kind kind = kind_of(op);
    if (kind == operation_kind::send)
        return send_completed(static_cast<send_operation&>(op), result);
    const bool waited = op.stage & waiting_ready;
    const bool must_end = op.stage & is_cancelled;
    op.stage &= static_cast<std::uint8_t>(~waiting_ready);
    const bool reads = kind == operation_kind::read;
    const bool transfers = reads || kind == operation_kind::write;
    if (!waited && !must_end && transfers && result == -EAGAIN)
        return wait_ready(op, reads ? POLLIN : POLLOUT);
    if (must_end && was_interrupted(result)) result = -ECANCELED;
    if (!waited || result < 0 || kind == operation_kind::poll) return finish(op, result);
    if (attempt(op)) return finish(op, op.result);
    if (must_end) return finish(op, -ECANCELED);
    const bool writes = kind == operation_kind::send_to || kind == operation_kind::write;
    wait_ready(op, writes ? POLLOUT : POLLIN);
}

void uring_engine::send_completed(send_operation& op, int result) noexcept {
    const bool waited = op.stage & waiting_ready;
    op.stage &= static_cast<std::uint8_t>(~waiting_ready);
    if (waited && result >= 0) return send_rest(op);
    if (result == -EINTR) return send_rest(op);
    if (result == -EAGAIN && !(op.stage & is_cancelled)) return wait_ready(op, POLLOUT);
    if (result < 0) return finish(op, result);
    op.result += result;
    if (advance(op, static_cast<std::size_t>(result))) return finish(op, op.result);
    send_rest(op);
}

// A cancelled send that had sent a part ends with that part's size, as if it were a short one.
void uring_engine::send_rest(send_operation& op) noexcept {
    if (op.stage & is_cancelled) return finish(op, -ECANCELED);
    submit_send(op);
}

}  // namespace sockeye
