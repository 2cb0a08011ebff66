// Percent-encoding, RFC 3986 section 2.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// What stays as it is. `component` keeps the unreserved characters alone, so that the result may
// stand anywhere in a URL; `path` keeps '/' and what else a path segment may hold.
enum class percent_keep : std::uint8_t { component, path };

// Every other byte becomes %XX, in upper case as section 2.1 asks.
std::string percent_encode(std::string_view text, percent_keep keep = percent_keep::component);

// Any bytes may come out: NUL, '/', and what is no UTF-8 too. A '%' without two hexadecimal digits
// is an error. '+' stays '+'.
std::expected<std::string, parse_error> percent_decode(std::string_view text);

// RFC 3986's character classes, which the URL parser needs too.
bool is_unreserved(char c) noexcept;     // letters, digits, "-._~"
bool is_sub_delimiter(char c) noexcept;  // "!$&'()*+,;="

}  // namespace sockeye
