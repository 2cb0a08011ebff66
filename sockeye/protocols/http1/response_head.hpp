// The head of a response that we send.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "sockeye/protocols/http/header_list.hpp"

namespace sockeye::http1 {

// Whether the connection serves another request after this response.
enum class persistence : std::uint8_t { keep, close };

// The machine writes Date, Content-Length, Transfer-Encoding and Connection, so that they are never
// wrong; `headers` may not hold them. Everything is only looked at during the call.
struct response_head {
    unsigned status = 200;
    std::span<const http::header> headers = {};
    // Of the body; where it is not known, the body is chunked, or ends with the connection in
    // HTTP/1.0. For HEAD: what GET would have had.
    std::optional<std::uint64_t> content_length = {};
    persistence connection = persistence::keep;
};

}  // namespace sockeye::http1
