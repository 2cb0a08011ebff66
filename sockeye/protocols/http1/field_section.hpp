// The lines of fields in a head or in trailers, RFC 9112 section 5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"

namespace sockeye::http1 {

enum class progress : std::uint8_t { incomplete, complete };

// Reads line by line. What is wrong in a line is told once its LF is there and not before, so that
// the outcome does not depend on how the bytes were cut.
class field_section {
  public:
    // Starts at byte `at` of the block.
    void start(std::size_t at) noexcept {
        at_ = scanned_ = at;
        fields_.clear();
    }

    // `block` is all that is there, the same bytes as last time in front. `max_size` is of the
    // block up to the end of the section, `max_fields` a number of lines; 431 beyond.
    std::expected<progress, protocol_error> parse(std::string_view block, std::size_t max_size,
                                                  std::size_t max_fields);

    // Where the next line starts; when complete, the first byte behind the empty line.
    std::size_t position() const noexcept { return at_; }
    http::header_list& fields() noexcept { return fields_; }
    const http::header_list& fields() const noexcept { return fields_; }

  private:
    using outcome = std::expected<progress, protocol_error>;
    outcome wait_for_line(std::string_view window, std::size_t max_size);

    std::size_t at_ = 0;
    std::size_t scanned_ = 0;  // no LF between at_ and here
    http::header_list fields_;
};

}  // namespace sockeye::http1
