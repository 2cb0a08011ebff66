// A port number as text.
#pragma once

#include <charconv>
#include <cstdint>
#include <expected>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// Decimal digits only, from 0 to 65535; no sign, no space, no name of a service.
inline std::expected<std::uint16_t, parse_error> parse_port(std::string_view text) {
    if (text.empty()) return refuse("port", "missing");
    std::uint16_t port = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (failure == std::errc::result_out_of_range) return refuse("port", "above 65535");
    if (failure != std::errc() || end != text.data() + text.size())
        return refuse("port", "not a number", static_cast<std::size_t>(end - text.data()));
    return port;
}

}  // namespace sockeye
