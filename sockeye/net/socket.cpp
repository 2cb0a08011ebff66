#include "sockeye/net/socket.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <vector>

#include "sockeye/core/error.hpp"
#include "sockeye/net/name_lookup.hpp"

namespace sockeye {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using optional_deadline = std::optional<time_point>;

int number_of(family f) {
    switch (f) {
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

int number_of(socket_type type) {
    switch (type) {
        case socket_type::stream:
            return SOCK_STREAM;
        case socket_type::datagram:
            return SOCK_DGRAM;
        case socket_type::seqpacket:
            break;
    }
    return SOCK_SEQPACKET;
}

struct option_number {
    int level;
    int name;
};

// In the order of the enumeration.
constexpr std::array<option_number, 8> option_numbers = {{{SOL_SOCKET, SO_REUSEADDR},
                                                          {SOL_SOCKET, SO_REUSEPORT},
                                                          {SOL_SOCKET, SO_BROADCAST},
                                                          {SOL_SOCKET, SO_KEEPALIVE},
                                                          {SOL_SOCKET, SO_RCVBUF},
                                                          {SOL_SOCKET, SO_SNDBUF},
                                                          {IPPROTO_IPV6, IPV6_V6ONLY},
                                                          {IPPROTO_TCP, TCP_NODELAY}}};

option_number number_of(socket_option option) {
    return option_numbers[static_cast<std::size_t>(option)];
}

// A socket address in the kernel's form, in and out.
struct kernel_address {
    kernel_address() = default;
    explicit kernel_address(const address& a) : length(a.to_sockaddr(storage)) {}

    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    address read() { return address::from_sockaddr(get(), length); }

    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
};

enum class blocking : std::uint8_t { yes, no };

void set_blocking(int fd, blocking mode) {
    int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) throw error::from_errno(errno, "set blocking");
    int wanted = mode == blocking::yes ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
    if (wanted != flags && ::fcntl(fd, F_SETFL, wanted) < 0)
        throw error::from_errno(errno, "set blocking");
}

// The error number of a wait: 0 when the descriptor is ready, ETIMEDOUT when time ran out.
int wait_until_ready(int fd, short ready_for, optional_deadline until) {
    pollfd wanted{fd, ready_for, 0};
    while (true) {
        timespec rest{};
        if (until) {
            duration left = std::max(*until - clock::now(), duration::zero());
            auto whole = std::chrono::duration_cast<seconds>(left);
            rest = {static_cast<time_t>(whole.count()), static_cast<long>((left - whole).count())};
        }
        int ready = ::ppoll(&wanted, 1, until ? &rest : nullptr, nullptr);
        if (ready > 0) return 0;
        if (ready == 0) return ETIMEDOUT;
        if (errno != EINTR) return errno;
    }
}

// Not the end of a socketpair, nor a socket before bind.
bool has_name(const address& a) {
    return a.is_unix() ? !a.unix_name().empty() : a.port() != 0;
}

// accept(2): errors of the client that was waiting, not of the listener. The next may be well.
// EOPNOTSUPP is in the man page's list, and not here: a datagram socket says it for ever.
bool is_the_clients_error(int errno_value) {
    constexpr std::array<int, 8> theirs = {ECONNABORTED, EPROTO, ENETDOWN,     ENOPROTOOPT,
                                           EHOSTDOWN,    ENONET, EHOSTUNREACH, ENETUNREACH};
    return std::ranges::find(theirs, errno_value) != theirs.end();
}

// What one of several tries may take of the time that is left, so that one dead address does not
// cost the others.
duration fair_share(duration left, std::size_t tries_left) {
    return std::max<duration>(left / static_cast<duration::rep>(tries_left), milliseconds(1));
}

// A machine without IPv6 still has its other address; one that is in use is an error.
bool is_missing_here(const error& failure) {
    return failure.code() == std::errc::address_family_not_supported ||
           failure.code() == std::errc::address_not_available;
}

}  // namespace

socket::socket(sockeye::family f, socket_type type)
    : fd_(::socket(number_of(f), number_of(type) | SOCK_CLOEXEC, 0)) {
    if (!fd_) throw error::from_errno(errno, "socket");
}

socket::socket(unique_fd fd) : fd_(std::move(fd)) {
    set_blocking(fd_.get(), blocking::yes);
    kernel_address peer;
    if (::getpeername(fd_.get(), peer.get(), &peer.length) == 0) peer_ = peer.read();
}

socket::socket(unique_fd fd, address peer) noexcept : fd_(std::move(fd)), peer_(std::move(peer)) {}

socket socket::create_connection(std::string_view target, std::optional<duration> timeout) {
    optional_deadline until;
    if (timeout) until = deadline_after(clock::now(), *timeout);
    std::vector<address> addresses = look_up(target, lookup_for::connecting);
    std::error_code last;
    std::string tried;
    for (std::size_t i = 0; i < addresses.size(); ++i) {
        std::optional<duration> share;
        if (until) share = fair_share(*until - clock::now(), addresses.size() - i);
        try {
            socket connected(addresses[i].family());
            connected.settimeout(share);
            connected.connect(addresses[i]);
            connected.settimeout(timeout);
            return connected;
        } catch (const error& failure) {
            last = failure.code();
        }
        tried.append(tried.empty() ? "" : ", ").append(addresses[i].to_string());
    }
    std::string whom(target);
    if (tried != target) whom.append(" (tried ").append(tried).append(")");
    throw error(last, "connect", whom);
}

socket socket::create_server(std::string_view target, int backlog) {
    std::vector<address> addresses = look_up(target, lookup_for::listening);
    bool is_every_interface = addresses.front().is_any() && addresses.size() > 1;
    // One socket serves one address of a name: the one that people try by hand.
    if (!is_every_interface) std::ranges::sort(addresses);
    for (std::size_t i = 0;; ++i) {
        try {
            socket server(addresses[i].family());
            server.setsockopt(socket_option::reuse_address, 1);
            if (is_every_interface && addresses[i].is_ipv6())
                server.setsockopt(socket_option::ipv6_only, 0);
            server.bind(addresses[i]);
            server.listen(backlog);
            return server;
        } catch (const error& failure) {
            bool is_last = i + 1 == addresses.size();
            if (is_last || !is_missing_here(failure)) throw;
        }
    }
}

std::pair<socket, socket> socket::socketpair(socket_type type) {
    int ends[2];
    if (::socketpair(AF_UNIX, number_of(type) | SOCK_CLOEXEC, 0, ends) != 0)
        throw error::from_errno(errno, "socketpair");
    return {socket(unique_fd(ends[0]), address()), socket(unique_fd(ends[1]), address())};
}

void socket::bind(const address& local) {
    kernel_address name(local);
    if (::bind(fd_.get(), name.get(), name.length) != 0)
        throw error::from_errno(errno, "bind", local.to_string());
}

void socket::bind(std::string_view local) {
    bind(look_up(local, lookup_for::listening, getsockname().family()).front());
}

void socket::listen(int backlog) {
    if (::listen(fd_.get(), backlog) != 0) fail("listen", errno);
}

socket::accepted socket::accept() {
    kernel_address peer;
    auto accept_one = [&]() -> ssize_t {
        while (true) {
            peer.length = sizeof peer.storage;
            int fd = ::accept4(fd_.get(), peer.get(), &peer.length, SOCK_CLOEXEC);
            if (fd >= 0 || !is_the_clients_error(errno)) return fd;
        }
    };
    unique_fd fd(static_cast<int>(repeat("accept", POLLIN, deadline(), accept_one)));
    return {socket(std::move(fd), peer.read()), peer.read()};
}

void socket::connect(const address& peer) {
    std::error_code failure = connect_ex(peer);
    if (failure) throw error(failure, "connect", peer.to_string());
}

void socket::connect(std::string_view peer) {
    connect(look_up(peer, lookup_for::connecting, getsockname().family()).front());
}

std::error_code socket::connect_ex(const address& peer) {
    kernel_address name(peer);
    optional_deadline until = deadline();
    while (::connect(fd_.get(), name.get(), name.length) != 0) {
        int failure = errno;
        bool may_wait = timeout_ != duration::zero();
        // An interrupted connect goes on by itself; a second call would say EALREADY.
        if (failure == EINTR || (failure == EINPROGRESS && may_wait)) {
            if (auto unfinished = finish_connect(until)) return unfinished;
            break;
        }
        // A UNIX listener whose queue is full; it wakes nobody when there is room again.
        bool is_full = failure == EAGAIN && peer.is_unix() && may_wait;
        if (!is_full) return {failure, std::system_category()};
        if (until && clock::now() >= *until) return {ETIMEDOUT, std::system_category()};
        ::poll(nullptr, 0, 1);
    }
    peer_ = peer;
    return {};
}

std::error_code socket::finish_connect(std::optional<time_point> until) {
    int failure = wait_until_ready(fd_.get(), POLLOUT, until);
    socklen_t size = sizeof failure;
    if (failure == 0 && ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &failure, &size) != 0)
        failure = errno;
    return {failure, std::system_category()};
}

// The one loop behind every call that may wait: interrupted, again; not ready, wait; else done.
template <class Call>
std::size_t socket::repeat(const char* operation, short ready_for, std::optional<time_point> until,
                           Call call) {
    while (true) {
        ssize_t result = call();
        if (result >= 0) return static_cast<std::size_t>(result);
        if (errno == EINTR) continue;
        bool may_wait = errno == EAGAIN && timeout_ != duration::zero();
        if (!may_wait) fail(operation, errno);
        int failure = wait_until_ready(fd_.get(), ready_for, until);
        if (failure != 0) fail(operation, failure);
    }
}

std::size_t socket::send_some(const char* operation, bytes_view data,
                              std::optional<time_point> until) {
    return repeat(operation, POLLOUT, until,
                  [&] { return ::send(fd_.get(), data.data(), data.size(), MSG_NOSIGNAL); });
}

std::size_t socket::send(bytes_view data) {
    return send_some("send", data, deadline());
}

void socket::sendall(bytes_view data) {
    optional_deadline until = deadline();
    while (!data.empty()) data = data.without_first(send_some("sendall", data, until));
}

std::size_t socket::sendto(bytes_view data, const address& to) {
    kernel_address name(to);
    try {
        return repeat("sendto", POLLOUT, deadline(), [&] {
            return ::sendto(fd_.get(), data.data(), data.size(), MSG_NOSIGNAL, name.get(),
                            name.length);
        });
    } catch (const error& failure) {
        throw error(failure.code(), "sendto", to.to_string());
    }
}

buffer socket::recv(std::size_t max) {
    buffer data(max);
    data.truncate(recv_into({data.data(), max}));
    return data;
}

std::size_t socket::recv_into(std::span<std::byte> memory) {
    return repeat("recv", POLLIN, deadline(),
                  [&] { return ::recv(fd_.get(), memory.data(), memory.size(), 0); });
}

socket::received socket::recvfrom(std::size_t max) {
    buffer data(max);
    kernel_address from;
    data.truncate(repeat("recvfrom", POLLIN, deadline(), [&] {
        from.length = sizeof from.storage;
        return ::recvfrom(fd_.get(), data.data(), max, 0, from.get(), &from.length);
    }));
    return {std::move(data), from.read()};
}

void socket::settimeout(std::optional<duration> timeout) {
    if (timeout && *timeout < duration::zero())
        throw error::from_errno(EINVAL, "settimeout", format_duration(*timeout));
    set_blocking(fd_.get(), timeout ? blocking::no : blocking::yes);
    timeout_ = timeout;
}

void socket::shutdown(direction which) {
    constexpr std::array<int, 3> numbers = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    if (::shutdown(fd_.get(), numbers[static_cast<std::size_t>(which)]) != 0)
        fail("shutdown", errno);
}

address socket::getsockname() const {
    kernel_address name;
    if (::getsockname(fd_.get(), name.get(), &name.length) != 0) fail("getsockname", errno);
    return name.read();
}

address socket::getpeername() const {
    kernel_address name;
    if (::getpeername(fd_.get(), name.get(), &name.length) == 0) return name.read();
    bool was_connected = errno == ENOTCONN && !peer_.is_unspecified();
    if (!was_connected) fail("getpeername", errno);
    return peer_;
}

void socket::setsockopt(socket_option option, int value) {
    auto [level, name] = number_of(option);
    setsockopt(level, name, bytes_view(&value, sizeof value));
}

int socket::getsockopt(socket_option option) const {
    auto [level, name] = number_of(option);
    int value = 0;
    socklen_t size = sizeof value;
    if (::getsockopt(fd_.get(), level, name, &value, &size) != 0) fail("getsockopt", errno);
    return value;
}

void socket::setsockopt(int level, int name, bytes_view value) {
    auto size = static_cast<socklen_t>(value.size());
    if (::setsockopt(fd_.get(), level, name, value.data(), size) != 0) fail("setsockopt", errno);
}

std::optional<time_point> socket::deadline() const {
    if (!timeout_) return std::nullopt;
    return deadline_after(clock::now(), *timeout_);
}

void socket::fail(const char* operation, int errno_value) const {
    throw error::from_errno(errno_value, operation, whom());
}

// The peer; without one that has a name, where this socket is: "accept on 127.0.0.1:80: timed out".
std::string socket::whom() const {
    if (has_name(peer_)) return peer_.to_string();
    kernel_address local;
    if (::getsockname(fd_.get(), local.get(), &local.length) != 0) return {};
    address here = local.read();
    return has_name(here) ? "on " + here.to_string() : "";
}

}  // namespace sockeye
