#include "sockeye/engine/epoll_engine.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <climits>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sockeye/core/error.hpp"

namespace sockeye {

namespace {

constexpr int most_events = 512;
// How many events ahead the memory that one needs is fetched: with a thousand connections each of
// them has gone cold since its last turn.
constexpr int look_ahead = 4;
constexpr std::uint64_t wake_word = ~std::uint64_t{0};

std::uint64_t word(int fd, std::uint32_t generation) noexcept {
    return static_cast<std::uint64_t>(generation) << 32 | static_cast<std::uint32_t>(fd);
}

bool is_socket(descriptor_kind kind) noexcept {
    return kind != descriptor_kind::pollable && kind != descriptor_kind::file;
}

bool would_wait(int error) noexcept {
    return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

epoll_engine::epoll_engine() : epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (!epoll_fd_) throw error::from_errno(errno, "epoll_create1");
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLET;
    event.data.u64 = wake_word;
    if (::epoll_ctl(epoll_fd_.get(), EPOLL_CTL_ADD, wake_fd_.get(), &event) != 0)
        throw error::from_errno(errno, "epoll_ctl");
}

epoll_engine::~epoll_engine() {
    for (unsigned fd = 0; fd < sockets_.size(); ++fd)
        if (sockets_[fd].is_open) ::close(static_cast<int>(fd));
}

engine_counters epoll_engine::counters() const noexcept {
    engine_counters counters = counters_;
    counters.buffers_lent = space_.lent();
    counters.buffers_copied = space_.copied();
    return counters;
}

int epoll_engine::enroll(int fd, descriptor_kind kind) noexcept {
    try {
        sockets_.reserve(static_cast<unsigned>(fd));
    } catch (const std::bad_alloc&) {
        return -ENOMEM;
    }
    socket_state& socket = sockets_[static_cast<unsigned>(fd)];
    const std::uint32_t generation = socket.generation + 1;
    socket = {};
    socket.generation = generation;
    socket.kind = kind;
    socket.is_open = true;
    ++counters_.sockets;
    return fd;
}

int epoll_engine::detach(handle h) noexcept {
    socket_state& socket = state_of(h);
    if (socket.has_received) return -EBUSY;
    if (socket.is_watched) ::epoll_ctl(epoll_fd_.get(), EPOLL_CTL_DEL, fd_of(h), nullptr);
    socket.is_open = false;
    --counters_.sockets;
    return fd_of(h);
}

void epoll_engine::close(handle h) noexcept {
    socket_state& socket = state_of(h);
    assert(socket.is_open && !socket.reader && !socket.writer);
    socket.is_open = false;
    ++socket.generation;
    --counters_.sockets;
    ::close(fd_of(h));
}

// --- starting

bool epoll_engine::try_or_wait(operation& op, handle h, operation_kind kind,
                               direction way) noexcept {
    begin(op, h, kind);
    if (try_now(op)) {
        ++counters_.immediate;
        return true;
    }
    wait_ready(op, h, way);
    return false;
}

bool epoll_engine::on_pool(operation& op, handle h, operation_kind kind) noexcept {
    begin(op, h, kind);
    run_on_pool(op);
    return false;
}

bool epoll_engine::accept(handle h, accept_operation& op) noexcept {
    return try_or_wait(op, h, operation_kind::accept, direction::in);
}

bool epoll_engine::recv_from(handle h, recv_from_operation& op) noexcept {
    return try_or_wait(op, h, operation_kind::recv_from, direction::in);
}

bool epoll_engine::send_to(handle h, send_to_operation& op) noexcept {
    return try_or_wait(op, h, operation_kind::send_to, direction::out);
}

bool epoll_engine::poll(handle h, poll_operation& op) noexcept {
    const direction way = op.events & POLLOUT ? direction::out : direction::in;
    return try_or_wait(op, h, operation_kind::poll, way);
}

bool epoll_engine::send(handle h, send_operation& op) noexcept {
    op.result = 0;
    op.part = 0;
    op.offset = 0;
    return try_or_wait(op, h, operation_kind::send, direction::out);
}

bool epoll_engine::recv(handle h, recv_operation& op) noexcept {
    socket_state& socket = state_of(h);
    assert(socket.is_open && !socket.reader);
    socket.has_received = true;
    if (socket.may_read || socket.has_ended || socket.kind == descriptor_kind::file)
        return try_or_wait(op, h, operation_kind::recv, direction::in);
    begin(op, h, operation_kind::recv);
    wait_ready(op, h, direction::in);
    return false;
}

bool epoll_engine::connect(handle h, connect_operation& op) noexcept {
    begin(op, h, operation_kind::connect);
    sockaddr_storage storage;
    const socklen_t size = op.peer.to_sockaddr(storage);
    const int result = ::connect(fd_of(h), reinterpret_cast<sockaddr*>(&storage), size);
    op.result = result == 0 ? 0 : -errno;
    if (op.result != -EINPROGRESS && op.result != -EINTR) {
        ++counters_.immediate;
        return true;
    }
    wait_ready(op, h, direction::out);
    return false;
}

bool epoll_engine::read(handle h, read_operation& op) noexcept {
    if (state_of(h).kind == descriptor_kind::file) return on_pool(op, h, operation_kind::read);
    return try_or_wait(op, h, operation_kind::read, direction::in);
}

bool epoll_engine::write(handle h, write_operation& op) noexcept {
    if (state_of(h).kind == descriptor_kind::file) return on_pool(op, h, operation_kind::write);
    return try_or_wait(op, h, operation_kind::write, direction::out);
}

bool epoll_engine::sync(handle h, sync_operation& op) noexcept {
    return on_pool(op, h, operation_kind::sync);
}

bool epoll_engine::splice(handle from, splice_operation& op) noexcept {
    begin(op, from, operation_kind::splice);
    if (try_splice(op)) {
        ++counters_.immediate;
        return true;
    }
    return false;
}

void epoll_engine::cancel(operation& op) noexcept {
    if (op.target != handle::none && take_back(op, op.target)) return;
    const bool has_two_ends = kind_of(op) == operation_kind::splice;
    if (has_two_ends && take_back(op, static_cast<splice_operation&>(op).to)) return;
    cancel_on_pool(op);
}

bool epoll_engine::take_back(operation& op, handle h) noexcept {
    socket_state& socket = state_of(h);
    for (operation** waiting : {&socket.reader, &socket.writer}) {
        if (*waiting != &op) continue;
        *waiting = nullptr;
        finish_later(op, -ECANCELED);
        return true;
    }
    return false;
}

// --- trying

bool epoll_engine::try_now(operation& op) noexcept {
    switch (kind_of(op)) {
        case operation_kind::recv:
            return try_recv(static_cast<recv_operation&>(op));
        case operation_kind::connect:
            return try_connect(static_cast<connect_operation&>(op));
        case operation_kind::send:
        case operation_kind::read:
        case operation_kind::write:
            if (!is_socket(state_of(op.target).kind)) return try_without_blocking(op);
            return attempt(op);
        default:
            return attempt(op);
    }
}

// Pipes and terminals are shared with other processes, so they stay in blocking mode: poll(2) is
// asked first, and no more is written than it promises room for (PIPE_BUF).
bool epoll_engine::try_without_blocking(operation& op) noexcept {
    const int fd = fd_of(op.target);
    if (kind_of(op) == operation_kind::read) return is_ready(fd, POLLIN) && attempt(op);
    if (kind_of(op) == operation_kind::write) {
        if (!is_ready(fd, POLLOUT)) return false;
        const bytes_view data = static_cast<write_operation&>(op).data.first(PIPE_BUF);
        const ssize_t written = ::write(fd, data.data(), data.size());
        op.result = written < 0 ? -errno : written;
        return written >= 0 || !would_wait(errno);
    }
    auto& send = static_cast<send_operation&>(op);
    if (advance(send, 0)) return true;
    if (state_of(op.target).kind != descriptor_kind::file && !is_ready(fd, POLLOUT)) return false;
    const bytes_view next = current_part(send).first(PIPE_BUF);
    const ssize_t sent = ::write(fd, next.data(), next.size());
    if (sent < 0 && would_wait(errno)) return false;
    op.result = sent < 0 ? -errno : op.result + sent;
    if (sent < 0 || advance(send, static_cast<std::size_t>(sent))) return true;
    return try_without_blocking(op);
}

bool epoll_engine::is_ready(int fd, short events) noexcept {
    pollfd entry = {fd, events, 0};
    return ::poll(&entry, 1, 0) > 0;
}

// True when the operation has ended; otherwise it waits for the end that was not ready.
bool epoll_engine::try_splice(splice_operation& op) noexcept {
    if (!is_ready(fd_of(op.target), POLLIN)) {
        wait_ready(op, op.target, direction::in);
        return false;
    }
    if (is_ready(fd_of(op.to), POLLOUT)) {
        if (attempt(op)) return true;
        wait_ready(op, op.target, direction::in);
        return false;
    }
    wait_ready(op, op.to, direction::out);
    return false;
}

bool epoll_engine::try_connect(connect_operation& op) noexcept {
    // An edge may be from before the connect: poll(2) tells.
    if (!is_ready(fd_of(op.target), POLLOUT)) return false;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd_of(op.target), SOL_SOCKET, SO_ERROR, &error, &size);
    op.result = -error;
    return true;
}

bool epoll_engine::try_recv(recv_operation& op) noexcept {
    socket_state& socket = state_of(op.target);
    const std::span<std::byte> space = space_.free_part();
    const int fd = fd_of(op.target);
    // A pipe in blocking mode would stop the whole loop when it has been emptied to the byte.
    if (socket.kind == descriptor_kind::pollable && !is_ready(fd, POLLIN)) {
        socket.may_read = false;
        return false;
    }
    const ssize_t count = is_socket(socket.kind)
                              ? ::recv(fd, space.data(), space.size(), MSG_DONTWAIT)
                              : ::read(fd, space.data(), space.size());
    if (count < 0 && would_wait(errno)) {
        socket.may_read = false;
        return false;
    }
    op.result = count < 0 ? -errno : count;
    if (count <= 0) {
        socket.has_ended = true;
        return true;
    }
    // A short read has emptied the socket: the next edge will tell of more.
    if (static_cast<std::size_t>(count) < space.size()) socket.may_read = false;
    op.data = space_.take(static_cast<std::size_t>(count));
    return true;
}

// --- waiting

int epoll_engine::watch(int fd, socket_state& socket) noexcept {
    epoll_event event = {};
    event.events = EPOLLIN | EPOLLOUT | EPOLLPRI | EPOLLRDHUP | EPOLLET;
    event.data.u64 = word(fd, socket.generation);
    if (::epoll_ctl(epoll_fd_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return -errno;
    socket.is_watched = true;
    return 0;
}

void epoll_engine::wait_ready(operation& op, handle h, direction way) noexcept {
    socket_state& socket = state_of(h);
    if (!socket.is_watched) {
        const int result = watch(fd_of(h), socket);
        if (result < 0) return finish_later(op, result);
    }
    operation*& waiting = way == direction::in ? socket.reader : socket.writer;
    assert(!waiting);
    waiting = &op;
}

void epoll_engine::run_once(time_point until, duration spin) noexcept {
    if (deliver_finished()) until = time_point::min();
    epoll_event events[most_events];
    int count = 0;
    if (until == time_point::min() || !prepare_to_sleep()) {
        count = ::epoll_wait(epoll_fd_.get(), events, most_events, 0);
    } else {
        if (spin > duration::zero()) count = spin_for_events(events, most_events, until, spin);
        if (count == 0) count = wait_for_events(events, most_events, until);
        slept();
    }
    ++counters_.waits;
    for (int i = 0; i < count; ++i) {
        if (i + look_ahead < count) fetch_early(events[i + look_ahead]);
        dispatch(events[i]);
    }
}

int epoll_engine::wait_for_events(epoll_event* events, int most, time_point until) noexcept {
    if (until == time_point::max()) return ::epoll_wait(epoll_fd_.get(), events, most, -1);
    const duration left = std::max<duration>(until - now(), duration::zero());
    const timespec time = {left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll_fd_.get(), events, most, &time, nullptr);
    if (count >= 0 || (errno != ENOSYS && errno != EPERM)) return count;
    // Linux before 5.11, and sandboxes that do not know the call: whole milliseconds, never early.
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int most_milliseconds = 1'000'000'000;
    return ::epoll_wait(epoll_fd_.get(), events, most,
                        static_cast<int>(std::min<std::int64_t>(whole, most_milliseconds)));
}

int epoll_engine::spin_for_events(epoll_event* events, int most, time_point until,
                                  duration spin) noexcept {
    const time_point end = std::min(until, now() + spin);
    do {
        const int count = ::epoll_wait(epoll_fd_.get(), events, most, 0);
        if (count != 0 || must_not_sleep()) return count;
    } while (now() < end);
    return 0;
}

void epoll_engine::fetch_early(const epoll_event& event) noexcept {
    if (event.data.u64 == wake_word) return;
    const socket_state& socket = sockets_[static_cast<unsigned>(event.data.u64 & 0xffff'ffff)];
    __builtin_prefetch(socket.reader);
}

void epoll_engine::dispatch(const epoll_event& event) noexcept {
    if (event.data.u64 == wake_word) {
        std::uint64_t count;
        // Empty already is as good as emptied.
        [[maybe_unused]] const ssize_t size = ::read(wake_fd_.get(), &count, sizeof count);
        return;
    }
    const auto fd = static_cast<unsigned>(event.data.u64 & 0xffff'ffff);
    socket_state& socket = sockets_[fd];
    const auto generation = static_cast<std::uint32_t>(event.data.u64 >> 32);
    if (socket.generation != generation) return;
    if (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) socket.has_ended = true;
    const bool may_read = event.events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    const bool may_write = event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR);
    // A poll may wait for what the place it waits in is not for.
    const auto is_poll = [](const operation* op) {
        return op && kind_of(*op) == operation_kind::poll;
    };
    if (may_read) socket.may_read = true;
    if (may_read || is_poll(socket.reader)) try_again(socket.reader);
    // The reader's continuation may have closed the descriptor.
    if (socket.generation != generation) return;
    if (may_write || is_poll(socket.writer)) try_again(socket.writer);
}

void epoll_engine::try_again(operation*& waiting) noexcept {
    operation* op = std::exchange(waiting, nullptr);
    if (!op) return;
    if (kind_of(*op) == operation_kind::splice) {
        if (try_splice(static_cast<splice_operation&>(*op))) finish(*op, op->result);
        return;
    }
    if (try_now(*op))
        finish(*op, op->result);
    else
        waiting = op;
}

}  // namespace sockeye
