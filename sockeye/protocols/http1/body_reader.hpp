// The body of a message on the wire, RFC 9112 sections 6.3 and 7.1: counted, chunked, or up to the
// end of the connection.
#pragma once

#include <cstdint>
#include <expected>
#include <string>

#include "sockeye/core/bytes.hpp"
#include "sockeye/protocols/http1/field_section.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"

namespace sockeye::http1 {

// A chunk's line holds its size and extensions. Extensions are checked and mean nothing to us.
struct body_limits {
    std::uint64_t max_size = UINT64_MAX;      // of the body, without the chunks' lines; 413 beyond
    std::uint32_t max_chunk_line = 256;       // bytes; 400 beyond
    std::uint32_t max_extensions = 16 << 10;  // bytes in all chunks; 400 beyond
    std::uint32_t max_trailers = 8 << 10;     // bytes; 431 beyond
    std::uint32_t max_trailer_fields = 64;
};

class body_reader {
  public:
    enum class found : std::uint8_t { nothing, data, end };
    struct piece {
        found what = found::nothing;
        bytes_view data;  // a part of the input
    };

    void start_empty() noexcept { start(phase::done); }
    void start_counted(std::uint64_t size) noexcept {
        start(size ? phase::counted : phase::done);
        left_ = size;
    }
    void start_chunked() noexcept { start(phase::size_start); }
    void start_until_close() noexcept { start(phase::until_close); }
    void set_limits(const body_limits& limits) noexcept { limits_ = limits; }

    // Takes from the front of `input` what it uses: `nothing` when all of it is used up, pieces of
    // data that are never empty, and `end` each time once the body is over.
    std::expected<piece, protocol_error> next(bytes_view& input);

    // The peer will send no more. False when something is missing.
    bool finish() noexcept;

    // Without framing fields (RFC 9110 section 6.5.1). The names and values live until the next
    // start.
    const http::header_list& trailers() const noexcept { return trailers_.fields(); }
    // Bytes of data so far.
    std::uint64_t received() const noexcept { return received_; }
    // What is left of a counted body, or of the chunk.
    std::uint64_t left() const noexcept { return left_; }
    bool is_chunked() const noexcept { return is_chunked_; }
    void release_memory();

  private:
    // From size_start to line_end: within a chunk's line.
    enum class phase : std::uint8_t {
        done,
        counted,
        until_close,
        size_start,
        size,
        extension_start,
        extension_name,
        extension_value,
        extension_token,
        extension_quoted,
        extension_escaped,
        extension_after_quoted,
        line_end,
        chunk,
        chunk_cr,
        chunk_lf,
        trailers,
    };
    using checked = std::expected<void, protocol_error>;
    using outcome = std::expected<piece, protocol_error>;

    void start(phase phase) noexcept;
    outcome take_data(bytes_view& input);
    checked read_chunk_line(bytes_view& input);
    checked read_size(char c);
    checked read_extension(char c);
    checked finish_line(char c);
    checked end_of_extension(char c);
    outcome read_trailers(bytes_view& input);
    std::unexpected<protocol_error> refuse_chunk(const char* why) const noexcept {
        return refuse(400, "chunk", why, position_);
    }

    body_limits limits_;
    phase phase_ = phase::done;
    bool is_chunked_ = false;
    std::uint8_t digits_ = 0;
    std::uint32_t line_size_ = 0;
    std::uint32_t extensions_size_ = 0;
    std::uint64_t left_ = 0;
    std::uint64_t received_ = 0;
    std::uint64_t position_ = 0;  // on the wire
    std::string trailer_text_;
    field_section trailers_;
};

}  // namespace sockeye::http1
