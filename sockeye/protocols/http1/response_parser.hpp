// The head of a response that we receive: status line and fields, RFC 9112 sections 4 to 6.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http1/field_section.hpp"
#include "sockeye/protocols/http1/framing.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"
#include "sockeye/protocols/http1/request_head.hpp"

namespace sockeye::http1 {

// Views into the text that the head was parsed from.
struct received_head {
    unsigned status = 0;
    http1::version version = version::http_1_1;
    bool is_chunked = false;
    bool keep_alive = false;
    std::optional<std::uint64_t> content_length;
    std::string_view reason;  // what the server likes to say; may be empty
    http::header_list headers;
};

// As request_parser, for the other direction. The status of its errors is 502: a gateway's answer
// to a server that it does not understand.
class response_parser {
  public:
    void start() noexcept;
    std::expected<progress, protocol_error> parse(std::string_view block,
                                                  const head_limits& limits);
    std::size_t size() const noexcept { return fields_.position(); }
    std::expected<void, protocol_error> finish(const char* text, received_head& head);
    void release_memory() { fields_.fields().release_memory(); }

  private:
    std::expected<void, protocol_error> parse_line(std::string_view line);

    bool has_line_ = false;
    version version_ = version::http_1_1;
    unsigned status_ = 0;
    std::uint32_t reason_size_ = 0;
    std::size_t scanned_ = 0;
    field_section fields_;
};

}  // namespace sockeye::http1
