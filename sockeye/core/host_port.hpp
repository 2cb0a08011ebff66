// A host and a port as people type them: "localhost:12345", ":8080", "[::1]:80".
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

struct host_port {
    std::string host;  // a name or an IP address without brackets; empty means "any"
    std::uint16_t port = 0;

    // The port is required, as a number from 0 to 65535. A host is at most 253 bytes (RFC 1035) of
    // letters, digits, '-', '_' and '.'; one with a ':' must be in brackets. "*" is the empty host.
    // Nothing is looked up.
    static std::expected<host_port, parse_error> parse(std::string_view text);

    // The form that parse reads.
    std::string to_string() const;

    bool operator==(const host_port&) const = default;
};

}  // namespace sockeye
