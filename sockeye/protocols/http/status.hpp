// Status codes and their reason phrases, RFC 9110 section 15.
#pragma once

#include <string_view>

namespace sockeye::http {

// "Not Found" for 404; empty for a code that nobody registered. The phrase means nothing to
// programs (RFC 9112 section 4).
std::string_view reason_phrase(unsigned status) noexcept;

// A response with this status never has a body: 1xx, 204, 304 (RFC 9112 section 6.3).
constexpr bool status_has_body(unsigned status) noexcept {
    return status >= 200 && status != 204 && status != 304;
}

}  // namespace sockeye::http
