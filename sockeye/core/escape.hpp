// Bytes that a person can read: control characters become \xNN and come back from it.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// Control characters (so that a peer cannot write into our log or terminal) and the backslash
// become \xNN; every other byte stays, UTF-8 included.
std::string escape(std::string_view text);

// The inverse. A backslash that starts no \xNN is an error.
std::expected<std::string, parse_error> unescape(std::string_view text);

}  // namespace sockeye
