// What the fields of a head say about the body and the connection, RFC 9112 sections 6 and 9.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"

namespace sockeye::http1 {

// HTTP/1.1 stands for every later minor version too (RFC 9110 section 2.5).
enum class version : std::uint8_t { http_1_0, http_1_1 };

struct framing {
    std::optional<std::uint64_t> content_length;
    bool is_chunked = false;
    bool keep_alive = true;         // Connection says so, or the version's default holds
    bool expects_continue = false;  // Expect: 100-continue
    std::string_view upgrade;       // the protocols asked for, only where Connection names it too
    std::string_view host;
    std::size_t host_fields = 0;

    // Reads all fields once; positions are from `base`, the start of the head. Refuses what could
    // be read in two ways: Content-Length beside Transfer-Encoding, either of them twice, a length
    // that is not plain decimal below 2^63, Transfer-Encoding in HTTP/1.0, `chunked` not last; 501
    // for another coding, 417 for another expectation.
    static std::expected<framing, protocol_error> of(const http::header_list& fields,
                                                     version version, const char* base);
};

// "host", "host:port", "[v6]:port" (RFC 9110 section 7.2); not empty, and no userinfo.
bool is_host(std::string_view text) noexcept;

}  // namespace sockeye::http1
