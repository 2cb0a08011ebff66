#include "sockeye/engine/kernel_engine.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sockeye/core/error.hpp"

namespace sockeye {

namespace {

constexpr std::size_t largest_datagram = 64 * 1024;

int socket_domain(family protocol) noexcept {
    switch (protocol) {
        case family::ipv4:
            return AF_INET;
        case family::ipv6:
            return AF_INET6;
        case family::unix_domain:
            return AF_UNIX;
        case family::unspecified:
            break;
    }
    return AF_UNSPEC;
}

int socket_type(transport_kind kind) noexcept {
    switch (kind) {
        case transport_kind::stream:
            return SOCK_STREAM;
        case transport_kind::datagram:
            return SOCK_DGRAM;
        case transport_kind::seqpacket:
            return SOCK_SEQPACKET;
    }
    return SOCK_STREAM;
}

descriptor_kind socket_kind(int family, int type) noexcept {
    if (type != SOCK_STREAM) return descriptor_kind::message_socket;
    return family == AF_UNIX ? descriptor_kind::local_stream : descriptor_kind::stream_socket;
}

// Minus an errno for a descriptor that is not open.
int describe(int fd, descriptor_kind& kind) noexcept {
    struct stat status;
    if (::fstat(fd, &status) != 0) return -errno;
    if (S_ISSOCK(status.st_mode)) {
        int family = 0;
        int type = 0;
        socklen_t size = sizeof(int);
        if (::getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0) return -errno;
        if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) != 0) return -errno;
        kind = socket_kind(family, type);
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0) return -errno;
        return 0;
    }
    const bool always_ready = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
    kind = always_ready ? descriptor_kind::file : descriptor_kind::pollable;
    return 0;
}

std::int64_t count_or_errno(ssize_t count) noexcept {
    return count < 0 ? -errno : count;
}

bool would_wait(std::int64_t result) noexcept {
    return result == -EAGAIN || result == -EWOULDBLOCK || result == -EINTR;
}

}  // namespace

bool operation_queue::remove(operation& op) noexcept {
    operation* before = nullptr;
    for (operation* each = head_; each; before = each, each = each->next) {
        if (each != &op) continue;
        (before ? before->next : head_) = op.next;
        if (tail_ == &op) tail_ = before;
        return true;
    }
    return false;
}

// A view is laid out as an iovec is, so a list of views needs no translation.
static_assert(sizeof(bytes_view) == sizeof(iovec) && alignof(bytes_view) == alignof(iovec));

part_list whole_parts(const send_operation& op) noexcept {
    constexpr std::uint32_t most_parts = 1024;  // UIO_MAXIOV
    auto* parts = reinterpret_cast<iovec*>(const_cast<bytes_view*>(op.parts + op.part));
    return {parts, std::min(op.count - op.part, most_parts)};
}

kernel_engine::kernel_engine()
    : wake_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      owner_process_(::getpid()),
      pool_(new thread_pool) {
    if (!wake_fd_) throw error::from_errno(errno, "eventfd");
    std::uint64_t seed;
    if (::getrandom(&seed, sizeof seed, 0) != sizeof seed)
        throw error::from_errno(errno, "getrandom");
    random_ = xoroshiro(seed);
}

bool kernel_engine::is_in_owner() const noexcept {
    return ::getpid() == owner_process_;
}

kernel_engine::~kernel_engine() {
    if (!is_in_owner()) {
        static_cast<void>(pool_.release());
        return;
    }
    {
        std::lock_guard lock(pool_->mutex);
        pool_->ends = true;
    }
    pool_->wakes.notify_all();
    for (auto& thread : pool_->threads) thread.join();
}

time_point kernel_engine::now() noexcept {
    return clock::now();
}

std::chrono::nanoseconds kernel_engine::wall_time() noexcept {
    timespec now;
    ::clock_gettime(CLOCK_REALTIME, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

std::uint64_t kernel_engine::random() noexcept {
    return random_.next();
}

int kernel_engine::open_socket(family protocol, transport_kind kind) noexcept {
    const int domain = socket_domain(protocol);
    const int type = socket_type(kind);
    const int fd = ::socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -errno;
    const int result = enroll(fd, socket_kind(domain, type));
    if (result < 0) ::close(fd);
    return result;
}

int kernel_engine::adopt(int fd) noexcept {
    descriptor_kind kind;
    const int result = describe(fd, kind);
    return result < 0 ? result : enroll(fd, kind);
}

int kernel_engine::bind(handle h, const address& local) noexcept {
    sockaddr_storage storage;
    const socklen_t size = local.to_sockaddr(storage);
    return ::bind(fd_of(h), reinterpret_cast<sockaddr*>(&storage), size) == 0 ? 0 : -errno;
}

int kernel_engine::listen(handle h, int backlog) noexcept {
    return ::listen(fd_of(h), backlog) == 0 ? 0 : -errno;
}

int kernel_engine::local_address(handle h, address& out) noexcept {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    if (::getsockname(fd_of(h), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return -errno;
    out = address::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), size);
    return 0;
}

int kernel_engine::peer_address(handle h, address& out) noexcept {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    if (::getpeername(fd_of(h), reinterpret_cast<sockaddr*>(&storage), &size) != 0) return -errno;
    out = address::from_sockaddr(reinterpret_cast<sockaddr*>(&storage), size);
    return 0;
}

int kernel_engine::set_option(handle h, int level, int name, bytes_view value) noexcept {
    const auto size = static_cast<socklen_t>(value.size());
    return ::setsockopt(fd_of(h), level, name, value.data(), size) == 0 ? 0 : -errno;
}

int kernel_engine::get_option(handle h, int level, int name, void* value,
                              std::size_t size) noexcept {
    auto length = static_cast<socklen_t>(size);
    return ::getsockopt(fd_of(h), level, name, value, &length) == 0 ? 0 : -errno;
}

int kernel_engine::shutdown(handle h, shutdown_how how) noexcept {
    const int direction = how == shutdown_how::receiving ? SHUT_RD
                          : how == shutdown_how::sending ? SHUT_WR
                                                         : SHUT_RDWR;
    return ::shutdown(fd_of(h), direction) == 0 ? 0 : -errno;
}

bool kernel_engine::attempt(operation& op) noexcept {
    switch (kind_of(op)) {
        case operation_kind::accept:
            return attempt_accept(static_cast<accept_operation&>(op));
        case operation_kind::send:
            return attempt_send(static_cast<send_operation&>(op));
        case operation_kind::recv_from:
            return attempt_recv_from(static_cast<recv_from_operation&>(op));
        case operation_kind::send_to:
            return attempt_send_to(static_cast<send_to_operation&>(op));
        case operation_kind::poll:
            return attempt_poll(static_cast<poll_operation&>(op));
        default:
            op.result = transfer(op);
            return !would_wait(op.result);
    }
}

bool kernel_engine::attempt_accept(accept_operation& op) noexcept {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    auto* peer = reinterpret_cast<sockaddr*>(&storage);
    int fd;
    // A connection that died in the queue is no reason to stop listening (accept(2)), and another
    // may stand behind it, whose edge has passed.
    do {
        size = sizeof storage;
        fd = ::accept4(fd_of(op.target), peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && (errno == ECONNABORTED || errno == EINTR));
    if (fd < 0) {
        op.result = -errno;
        return !would_wait(op.result);
    }
    op.peer = address::from_sockaddr(peer, size);
    op.result = enroll(fd, socket_kind(peer->sa_family, SOCK_STREAM));
    if (op.result < 0) ::close(fd);
    return true;
}

bool kernel_engine::attempt_send(send_operation& op) noexcept {
    while (!advance(op, 0)) {
        const ssize_t sent = send_some(op);
        if (sent < 0) {
            if (would_wait(-errno)) return false;
            op.result = -errno;
            return true;
        }
        op.result += sent;
        advance(op, static_cast<std::size_t>(sent));
    }
    return true;
}

// send(2) for one part: sendmsg(2) would cost a message header and a list of one more.
ssize_t kernel_engine::send_some(const send_operation& op) noexcept {
    constexpr int flags = MSG_NOSIGNAL | MSG_DONTWAIT;
    const int fd = fd_of(op.target);
    if (op.offset != 0 || op.part + 1 == op.count) {
        const bytes_view part = current_part(op);
        return ::send(fd, part.data(), part.size(), flags);
    }
    const part_list parts = whole_parts(op);
    msghdr message = {};
    message.msg_iov = parts.parts;
    message.msg_iovlen = parts.count;
    return ::sendmsg(fd, &message, flags);
}

bool kernel_engine::attempt_recv_from(recv_from_operation& op) noexcept {
    if (!datagram_) datagram_.reset(new std::byte[largest_datagram]);
    sockaddr_storage storage;
    storage.ss_family = AF_UNSPEC;
    socklen_t size = sizeof storage;
    auto* peer = reinterpret_cast<sockaddr*>(&storage);
    op.result = count_or_errno(
        ::recvfrom(fd_of(op.target), datagram_.get(), largest_datagram, MSG_DONTWAIT, peer, &size));
    if (op.result < 0) return !would_wait(op.result);
    op.data = buffer::copy_of({datagram_.get(), static_cast<std::size_t>(op.result)});
    op.peer = address::from_sockaddr(peer, size);
    return true;
}

bool kernel_engine::attempt_send_to(send_to_operation& op) noexcept {
    sockaddr_storage storage;
    socklen_t size = 0;
    if (op.peer.family() != family::unspecified) size = op.peer.to_sockaddr(storage);
    auto* peer = size ? reinterpret_cast<sockaddr*>(&storage) : nullptr;
    op.result = count_or_errno(::sendto(fd_of(op.target), op.data.data(), op.data.size(),
                                        MSG_NOSIGNAL | MSG_DONTWAIT, peer, size));
    return !would_wait(op.result);
}

bool kernel_engine::attempt_poll(poll_operation& op) noexcept {
    pollfd entry = {fd_of(op.target), op.events, 0};
    const int count = ::poll(&entry, 1, 0);
    op.result = count < 0 ? -errno : entry.revents;
    return count != 0;
}

std::int64_t kernel_engine::transfer(operation& op) noexcept {
    const int fd = fd_of(op.target);
    switch (kind_of(op)) {
        case operation_kind::read: {
            auto& r = static_cast<read_operation&>(op);
            return count_or_errno(r.offset < 0 ? ::read(fd, r.into, r.size)
                                               : ::pread(fd, r.into, r.size, r.offset));
        }
        case operation_kind::write: {
            auto& w = static_cast<write_operation&>(op);
            return count_or_errno(w.offset < 0
                                      ? ::write(fd, w.data.data(), w.data.size())
                                      : ::pwrite(fd, w.data.data(), w.data.size(), w.offset));
        }
        case operation_kind::sync: {
            const auto what = static_cast<sync_operation&>(op).what;
            return count_or_errno(what == sync_what::data ? ::fdatasync(fd) : ::fsync(fd));
        }
        case operation_kind::splice: {
            auto& s = static_cast<splice_operation&>(op);
            loff_t from = s.from_offset;
            loff_t to = s.to_offset;
            return count_or_errno(::splice(fd, from < 0 ? nullptr : &from, fd_of(s.to),
                                           to < 0 ? nullptr : &to, s.size,
                                           SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
        }
        default:
            return -EINVAL;
    }
}

bool kernel_engine::blocking(blocking_operation& op) noexcept {
    begin(op, handle::none, operation_kind::blocking);
    run_on_pool(op);
    return false;
}

void kernel_engine::work_on(operation& op) noexcept {
    if (kind_of(op) == operation_kind::blocking) {
        auto& b = static_cast<blocking_operation&>(op);
        b.result = b.work(b.context);
    } else {
        do op.result = transfer(op);
        while (op.result == -EINTR);
    }
}

void kernel_engine::run_on_pool(operation& op) noexcept {
    std::lock_guard lock(pool_->mutex);
    pool_->queue.push(op);
    ++pool_->waiting;
    if (pool_->waiting > pool_->idle && pool_->threads.size() < most_pool_threads)
        start_pool_thread();
    pool_->wakes.notify_one();
}

void kernel_engine::start_pool_thread() noexcept {
    // Signals belong to the loops: a pool thread must not take one from under them.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    try {
        pool_->threads.emplace_back([this] { pool_main(); });
    } catch (const std::exception&) {
        // Without a single thread nothing would ever run; with one, the others are only comfort.
        if (pool_->threads.empty()) {
            while (operation* op = pool_->queue.pop()) finish_later(*op, -EAGAIN);
            pool_->waiting = 0;
        }
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void kernel_engine::pool_main() noexcept {
    std::unique_lock lock(pool_->mutex);
    for (;;) {
        if (operation* op = pool_->queue.pop()) {
            --pool_->waiting;
            lock.unlock();
            work_on(*op);
            lock.lock();
            pool_->finished.push(*op);
            pool_has_finished_.store(true, std::memory_order_release);
            kernel_engine::wake();
            continue;
        }
        if (pool_->ends) return;
        ++pool_->idle;
        pool_->wakes.wait(lock);
        --pool_->idle;
    }
}

void kernel_engine::cancel_on_pool(operation& op) noexcept {
    std::lock_guard lock(pool_->mutex);
    if (!pool_->queue.remove(op)) return;
    --pool_->waiting;
    finish_later(op, -ECANCELED);
}

bool kernel_engine::deliver_finished() noexcept {
    if (pool_has_finished_.exchange(false, std::memory_order_acquire)) {
        operation_queue done;
        {
            std::lock_guard lock(pool_->mutex);
            done = pool_->finished.take_all();
        }
        while (operation* op = done.pop()) finished_.push(*op);
    }
    bool any = false;
    operation_queue batch = finished_.take_all();
    while (operation* op = batch.pop()) {
        any = true;
        finish(*op, op->result);
    }
    return any;
}

// `asleep_` and `woken_` are a handshake: whichever side writes second sees the other's word.
bool kernel_engine::prepare_to_sleep() noexcept {
    if (!finished_.empty()) return false;
    asleep_.store(true, std::memory_order_seq_cst);
    if (!woken_.exchange(false, std::memory_order_seq_cst)) return true;
    slept();
    return false;
}

void kernel_engine::wake() noexcept {
    woken_.store(true, std::memory_order_seq_cst);
    if (!asleep_.load(std::memory_order_seq_cst)) return;
    const std::uint64_t one = 1;
    const int before = errno;  // a signal handler's caller has one too
    // The counter can only be full when a wake-up is already waiting there.
    [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
    errno = before;
}

}  // namespace sockeye
