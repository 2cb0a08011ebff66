// Events as JSON objects, for history and live streams.
#pragma once

#include <string>
#include <string_view>

#include "hub/store/event.hpp"
#include "sockeye/core/bytes.hpp"

namespace sockeye::hub {

// A string with its quotes, RFC 8259 section 7. `text` must be UTF-8.
void append_json_string(std::string& out, std::string_view text);

// RFC 4648 section 4, with padding.
void append_base64(std::string& out, bytes_view bytes);

// "2026-01-31T23:59:59.123Z"
void append_time(std::string& out, event_time time);

// {"id","topic","time","content_type","payload"} on one line, without its end;
// `"encoding":"base64"` when the payload is no UTF-8; then what only some events have: "retain",
// "expires", "sender", and "file" with its "path", "hash", "size" and "change" ("stored" or
// "removed").
void append_event(std::string& out, const event& what);

}  // namespace sockeye::hub
