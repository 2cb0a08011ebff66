// The head of a request: request line and fields, RFC 9112 sections 2 to 6.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http/method.hpp"
#include "sockeye/protocols/http1/field_section.hpp"
#include "sockeye/protocols/http1/framing.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"

namespace sockeye::http1 {

// Views into the text that the head was parsed from.
struct request_head {
    http::method method = http::method::other;
    http1::version version = version::http_1_1;
    bool is_chunked = false;
    bool keep_alive = false;
    bool expects_continue = false;
    std::optional<std::uint64_t> content_length;
    std::string_view method_text;  // "GET"
    std::string_view target;       // as it was sent, "/a%20b?c=d"
    std::string_view path;         // "/a%20b", percent-encoding included; "*" for OPTIONS *
    std::string_view query;        // "c=d", without the '?'
    // The target's authority, which goes before the Host field (RFC 9112 section 3.2.2); empty
    // only in HTTP/1.0.
    std::string_view host;
    // The protocols that an Upgrade asks for; empty unless Connection names it too and the request
    // has no body.
    std::string_view upgrade;
    http::header_list headers;

    bool has_body() const noexcept { return is_chunked || content_length.value_or(0) > 0; }
};

struct head_limits {
    std::uint32_t max_start_line = 8 << 10;  // bytes of the request line; 414 beyond
    std::uint32_t max_size = 32 << 10;       // bytes of the head; 431 beyond
    std::uint32_t max_fields = 100;          // lines; 431 beyond
};

// Parses a head as it comes. Nothing is allocated once the list of fields has its size.
class request_parser {
  public:
    // For the next head, which starts at byte 0 of a new block.
    void start() noexcept;
    // `block` holds all bytes of the head so far, the same ones as last time in front.
    std::expected<progress, protocol_error> parse(std::string_view block,
                                                  const head_limits& limits);
    // After `complete`: the bytes that the head took.
    std::size_t size() const noexcept { return fields_.position(); }
    // After `complete`: fills `head` with views into `text`, which holds these bytes, and checks
    // what concerns the whole head. Its list of fields and the parser's change places.
    std::expected<void, protocol_error> finish(const char* text, request_head& head);
    void release_memory() { fields_.fields().release_memory(); }

  private:
    using checked = std::expected<void, protocol_error>;
    checked parse_line(std::string_view line, std::size_t at);
    checked parse_version(std::string_view text, std::size_t at);

    bool has_line_ = false;
    version version_ = version::http_1_1;
    std::uint32_t method_at_ = 0;
    std::uint32_t method_size_ = 0;
    std::uint32_t target_size_ = 0;
    std::uint32_t scanned_ = 0;
    field_section fields_;
};

}  // namespace sockeye::http1
