// Where a socket is: an IPv4 or IPv6 address with a port, or a UNIX socket's name.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "sockeye/core/bytes.hpp"
#include "sockeye/core/parse_error.hpp"

struct sockaddr;
struct sockaddr_storage;

namespace sockeye {

enum class family : std::uint8_t { unspecified, ipv4, ipv6, unix_domain };

// A value of 32 bytes. Copying an IP address copies those; copies of a UNIX name share it, and may
// live on different threads. Made empty ("unspecified"), by a factory, or from text.
class address {
  public:
    // The longest UNIX name in bytes, without the NUL in front or behind: unix(7).
    static constexpr std::size_t max_unix_name = 107;

    // No address at all; is not any host's.
    address() noexcept = default;

    // ipv4(0x7f000001, 80) is 127.0.0.1:80: the number in the order in which it is written.
    static address ipv4(std::uint32_t ip, std::uint16_t port) noexcept;
    static address ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                        std::uint16_t port) noexcept;
    // The bytes in network order. `scope` is the number of the interface that a link-local address
    // belongs to, 0 for none: RFC 4007.
    static address ipv6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port,
                        std::uint32_t scope = 0) noexcept;
    // 127.0.0.1 or ::1. For any other family than the two of IP: unspecified.
    static address loopback(family f, std::uint16_t port) noexcept;
    // 0.0.0.0 or ::, "every address of this host" to bind.
    static address any(family f, std::uint16_t port) noexcept;
    // A socket in the file system, and one in Linux's name space beside it. A name that is empty or
    // too long, or a path with a NUL, is refused.
    static std::expected<address, parse_error> unix_path(std::string_view path);
    static std::expected<address, parse_error> unix_abstract(std::string_view name);

    // "127.0.0.1:80", "[::1]:80", "[fe80::1%eth0]:80" (or %2), "unix:/run/x.sock", "unix:@name".
    // Numbers only: no names are looked up but the interface's. Strict: no octal, no spaces, no
    // missing port. Reads everything that to_string writes but the unspecified address.
    static std::expected<address, parse_error> parse(std::string_view text);
    // An IP address alone, without brackets: "127.0.0.1", "fe80::1%eth0".
    static std::expected<address, parse_error> parse_ip(std::string_view text,
                                                        std::uint16_t port = 0);

    // What the kernel wrote, `length` bytes of it. An unknown family gives the unspecified address.
    static address from_sockaddr(const sockaddr* from, std::uint32_t length);
    // Fills `to` for the kernel and returns the length (a socklen_t).
    std::uint32_t to_sockaddr(sockaddr_storage& to) const noexcept;

    sockeye::family family() const noexcept { return family_; }
    bool is_unspecified() const noexcept { return family_ == family::unspecified; }
    bool is_ipv4() const noexcept { return family_ == family::ipv4; }
    bool is_ipv6() const noexcept { return family_ == family::ipv6; }
    bool is_ip() const noexcept { return is_ipv4() || is_ipv6(); }
    bool is_unix() const noexcept { return family_ == family::unix_domain; }

    // 0 for what has no port.
    std::uint16_t port() const noexcept { return port_; }
    // The same host at another port; a UNIX name stays as it is.
    address with_port(std::uint16_t port) const noexcept;
    std::uint32_t scope() const noexcept { return scope_; }

    // The 4 or 16 bytes of an IP address in network order, none for others. A view into this
    // object.
    std::span<const std::uint8_t> ip_bytes() const noexcept;

    // The name of a UNIX socket; empty for an unnamed one (a client that never bound). A view into
    // the shared name.
    std::string_view unix_name() const noexcept;
    bool is_abstract() const noexcept { return is_abstract_; }

    // What kind of host it is. Each looks through ::ffff:a.b.c.d to the IPv4 address in it.
    bool is_loopback() const noexcept;    // 127.0.0.0/8, ::1, and every UNIX socket
    bool is_any() const noexcept;         // 0.0.0.0, ::
    bool is_multicast() const noexcept;   // 224.0.0.0/4, ff00::/8
    bool is_broadcast() const noexcept;   // 255.255.255.255
    bool is_private() const noexcept;     // RFC 1918, fc00::/7 of RFC 4193
    bool is_link_local() const noexcept;  // 169.254.0.0/16, fe80::/10
    // ::ffff:a.b.c.d, how a dual-stack socket shows an IPv4 peer; unmapped() is that peer as IPv4,
    // and every other address as it is.
    bool is_v4_mapped() const noexcept;
    address unmapped() const noexcept;

    // The form that parse reads. IPv6 as in RFC 5952, a scope as its number; a UNIX name's control
    // characters are escaped. "unspecified" for the address that is none.
    std::string to_string() const;
    // The IP address alone, "::1", without port and brackets; empty for others.
    std::string ip_string() const;

    std::size_t hash() const noexcept;
    friend bool operator==(const address& a, const address& b) noexcept {
        return (a <=> b) == std::strong_ordering::equal;
    }
    friend std::strong_ordering operator<=>(const address& a, const address& b) noexcept;

  private:
    std::array<std::uint8_t, 16> ip_{};  // IPv4 in the first four
    shared_bytes name_;
    std::uint32_t scope_ = 0;
    std::uint16_t port_ = 0;
    sockeye::family family_ = family::unspecified;
    bool is_abstract_ = false;
};

static_assert(sizeof(address) <= 40);

}  // namespace sockeye

template <>
struct std::hash<sockeye::address> {
    std::size_t operator()(const sockeye::address& a) const noexcept { return a.hash(); }
};
