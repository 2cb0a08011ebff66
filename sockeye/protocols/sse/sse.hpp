// Server-sent events: the text/event-stream format of the HTML standard, section 9.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sockeye/core/bytes.hpp"
#include "sockeye/core/parse_error.hpp"

namespace sockeye::sse {

inline constexpr std::string_view content_type = "text/event-stream";

// What one event holds on the wire; empty parts are not written. Views, looked at during the call.
struct outgoing_event {
    std::string_view data;
    std::optional<std::string_view> id = {};     // an empty one makes the reader forget its id
    std::string_view type = {};                  // the reader's "message" when empty
    std::optional<std::uint32_t> retry_ms = {};  // how long the reader waits to reconnect
};

// Encoded once, for all readers. A line break in the data starts another line of data; one in the
// id or the type, or a NUL in the id, would change what the reader sees, and is an error.
std::expected<shared_bytes, parse_error> encode(const outgoing_event& event);
// Lines that readers ignore; an empty one keeps a connection alive.
shared_bytes encode_comment(std::string_view text);

struct incoming_event {
    std::string id;    // the last one that came, of this event or an earlier one
    std::string type;  // "message" where none came
    std::string data;
};

struct decoder_limits {
    std::size_t max_line = 1 << 20;   // bytes
    std::size_t max_event = 4 << 20;  // bytes of data
};

// The reader's side. The outcome does not depend on how the bytes are cut.
class decoder {
  public:
    explicit decoder(const decoder_limits& limits = {}) : limits_(limits) {}

    // Takes bytes from the front of `input`: the next event, or a null pointer when all are used
    // up. The event lives until the next call. A limit that is exceeded is final.
    std::expected<const incoming_event*, parse_error> next(bytes_view& input);

    // For the Last-Event-ID of a reconnection; empty when there is none.
    const std::string& last_event_id() const noexcept { return last_id_; }
    // What the sender asked readers to wait before they reconnect.
    std::optional<std::uint32_t> retry_ms() const noexcept { return retry_ms_; }

  private:
    enum class line_state : std::uint8_t { partial, complete };
    std::expected<line_state, parse_error> read_line(bytes_view& input);
    std::expected<void, parse_error> take_field(std::string_view line);
    void take_retry(std::string_view digits);

    decoder_limits limits_;
    std::string line_;
    std::string last_id_;
    std::string type_;
    std::string data_;
    std::optional<std::uint32_t> retry_ms_;
    incoming_event event_;
    std::size_t position_ = 0;  // in bytes from the start of the stream
    bool is_first_line_ = true;
    bool skips_lf_ = false;
};

}  // namespace sockeye::sse
