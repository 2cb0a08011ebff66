// The socket of Python's `socket` module, in C++: the same verbs, no loop, no hidden thread.
//
//   auto server = sockeye::socket::create_server("localhost:12345");
//   auto [client, peer] = server.accept();
//   while (auto data = client.recv(4096)) client.sendall(data);
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "sockeye/core/address.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/core/clock.hpp"
#include "sockeye/core/unique_fd.hpp"

namespace sockeye {

enum class socket_type : std::uint8_t { stream, datagram, seqpacket };

// Which half of a connection shutdown ends.
enum class direction : std::uint8_t { read, write, both };

// The options that have an int or a yes (1) and no (0): socket(7), ip(7), ipv6(7), tcp(7).
enum class socket_option : std::uint8_t {
    reuse_address,
    reuse_port,
    broadcast,
    keep_alive,
    receive_buffer,  // bytes; the kernel doubles what it is given
    send_buffer,     // likewise
    ipv6_only,
    no_delay,
};

// Every call blocks, unless settimeout says otherwise, and is repeated when a signal interrupts it.
// A failure throws sockeye::error, which names the call and the peer; a timeout, a reset and the
// rest are told apart by it. A write to a peer that has gone is such an error, never a SIGPIPE.
// The descriptor is not inherited by programs that this one starts.
//
// One thread at a time may send and one may receive; any may call shutdown, which wakes both.
class socket {
  public:
    struct accepted;
    struct received;

    // The wait for `settimeout`: for ever.
    static constexpr std::optional<duration> for_ever = std::nullopt;
    // The longest queue of connections that wait for accept; the kernel may cut it further.
    static constexpr int default_backlog = 128;

    explicit socket(family f = family::ipv4, socket_type type = socket_type::stream);
    // Takes over a descriptor, which becomes blocking.
    explicit socket(unique_fd fd);

    // Connects to the first address of "host:port" (or "unix:/path") that answers. The timeout
    // covers all the tries, each of which gets its share, and stays the socket's; looking the name
    // up is bounded by the system alone.
    static socket create_connection(std::string_view target,
                                    std::optional<duration> timeout = for_ever);
    // Binds to "host:port" and listens. ":8080" serves IPv4 and IPv6 on all interfaces; a name
    // serves one of its addresses, IPv4 before IPv6. Port 0 lets the system choose: getsockname.
    static socket create_server(std::string_view target, int backlog = default_backlog);
    // Two connected UNIX sockets.
    static std::pair<socket, socket> socketpair(socket_type type = socket_type::stream);

    // Texts are looked up in this socket's family: "localhost:80", "[::1]:80", "unix:@name".
    void bind(const address& local);
    void bind(std::string_view local);
    void listen(int backlog = default_backlog);
    // The next client. A client that left while it waited in the queue is passed over.
    accepted accept();
    void connect(const address& peer);
    void connect(std::string_view peer);
    // The same, but the error is the value: {} when connected.
    std::error_code connect_ex(const address& peer);

    // Sends what fits, at least one byte of a stream, and returns how much it was. A datagram is
    // sent whole or not at all.
    std::size_t send(bytes_view data);
    // Sends everything. The timeout covers the whole of it; after an error nobody knows how much
    // has left.
    void sendall(bytes_view data);
    std::size_t sendto(bytes_view data, const address& to);

    // At most `max` bytes (1 at least), as soon as there are some; empty at the end of the stream.
    // What does not fit of a datagram is lost.
    buffer recv(std::size_t max);
    // The same into the caller's memory; the number of bytes, 0 at the end of the stream.
    std::size_t recv_into(std::span<std::byte> memory);
    // A datagram, which may be empty, and who sent it.
    received recvfrom(std::size_t max);

    // How long any call may wait: a time; `for_ever`, as it is at first; or 0 for not at all, when
    // a call that would have to wait fails with resource_unavailable_try_again (and connect with
    // operation_in_progress).
    void settimeout(std::optional<duration> timeout);
    std::optional<duration> gettimeout() const noexcept { return timeout_; }

    // Tells the peer that nothing more comes (write), or that nothing more is wanted (read).
    void shutdown(direction which);
    // Also done by the destructor. A closed socket's calls fail with bad_file_descriptor.
    void close() noexcept { fd_.reset(); }
    // The descriptor to the caller, who closes it; this socket is closed then.
    [[nodiscard]] unique_fd detach() noexcept { return std::move(fd_); }
    // -1 when closed.
    int fileno() const noexcept { return fd_.get(); }

    address getsockname() const;
    // After a reset too: the socket remembers whom it was connected to.
    address getpeername() const;

    void setsockopt(socket_option option, int value);
    int getsockopt(socket_option option) const;
    // Any other option, by the system's numbers and structures: setsockopt(2).
    void setsockopt(int level, int name, bytes_view value);

  private:
    socket(unique_fd fd, address peer) noexcept;

    template <class Call>
    std::size_t repeat(const char* operation, short ready_for, std::optional<time_point> deadline,
                       Call call);
    std::size_t send_some(const char* operation, bytes_view data,
                          std::optional<time_point> deadline);
    std::error_code finish_connect(std::optional<time_point> deadline);
    std::optional<time_point> deadline() const;
    [[noreturn]] void fail(const char* operation, int errno_value) const;
    std::string whom() const;

    unique_fd fd_;
    address peer_;
    std::optional<duration> timeout_;
};

struct socket::accepted {
    socket client;
    address peer;
};

struct socket::received {
    buffer data;
    address from;
};

}  // namespace sockeye
