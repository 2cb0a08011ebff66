// The text of an IP address, and its bytes in network order. Pure: no system call, no locale.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

using ipv4_bytes = std::array<std::uint8_t, 4>;
using ipv6_bytes = std::array<std::uint8_t, 16>;

// Four decimal numbers, RFC 6943 section 3.1.1 "strict": no fewer, no octal, no hexadecimal.
std::expected<ipv4_bytes, parse_error> parse_ipv4_text(std::string_view text);
// RFC 4291 section 2.2, with an IPv4 tail too; no scope, no brackets.
std::expected<ipv6_bytes, parse_error> parse_ipv6_text(std::string_view text);

// From 4 bytes: "127.0.0.1".
std::string ipv4_text(const std::uint8_t* ip);
// From 16 bytes, the one form of RFC 5952: lower case, the longest run of zeros as "::", an IPv4
// tail for ::ffff:a.b.c.d.
std::string ipv6_text(const std::uint8_t* ip);

}  // namespace sockeye
