// A range of IP addresses with a common prefix, RFC 4632: "10.0.0.0/8", "2001:db8::/32".
#pragma once

#include <cstdint>
#include <expected>
#include <limits>
#include <string>
#include <string_view>

#include "sockeye/core/address.hpp"
#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// IPv4 in an IPv6 coat (::ffff:10.1.2.3, what a dual-stack socket shows) counts as IPv4 everywhere:
// 10.0.0.0/8 contains it, ::/0 does not, and ::ffff:10.0.0.0/104 is the network 10.0.0.0/8.
class network {
  public:
    // Strict: the bits behind the prefix must be zero, since "10.1.2.3/8" is more often a slip than
    // a wish. An address alone is the network of that one host. No scope, no port.
    static std::expected<network, parse_error> parse(std::string_view text);
    // The network around an address, whose bits behind the prefix are dropped. A prefix that is
    // too long means the host alone. The address must be an IP address.
    static network around(const address& member, unsigned prefix) noexcept;

    bool contains(const address& a) const noexcept;
    bool contains(const network& other) const noexcept;

    // The length of the common prefix in bits: 0 to 32, or to 128.
    unsigned prefix() const noexcept { return prefix_; }
    // The lowest and the highest address, at port 0. Both are members; in IPv4 they are the
    // network's own and its broadcast address for prefixes up to 30.
    const address& first() const noexcept { return first_; }
    address last() const noexcept;

    // For loops over the members: how many they are, at most 2^64 - 1, and the one with a number.
    //   for (std::uint64_t i = 0; i < hosts.count(); ++i) probe(hosts[i].with_port(80));
    std::uint64_t count() const noexcept;
    // `i` must be below count().
    address operator[](std::uint64_t i) const noexcept;

    // "10.0.0.0/8"; always with its prefix.
    std::string to_string() const;

    bool operator==(const network&) const = default;
    auto operator<=>(const network&) const = default;

  private:
    network(address first, unsigned prefix) noexcept;

    address first_;
    unsigned prefix_ = 0;
};

}  // namespace sockeye
