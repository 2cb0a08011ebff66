// The text of an event stream (server-sent events: the HTML standard, section 9.2).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "hub/store/event.hpp"

namespace sockeye::hub {

// An event with its id and its JSON object as data. What is shown because it is retained is a
// state, not a place in the log: it has no `id:` line, else a reader would resume from there.
enum class stream_place : std::uint8_t { in_order, retained };
void append_stream_event(std::string& out, const event& what,
                         stream_place place = stream_place::in_order);

// Tells the reader where it is, and nothing else: a block without data moves the id from which a
// browser resumes, and fires no event.
void append_stream_position(std::string& out, std::int64_t id);

// `event: gap`: events after `since` have been pruned, at most those up to `pruned_up_to`.
void append_stream_gap(std::string& out, std::int64_t since, std::int64_t pruned_up_to);

// The same text as a chunk of a chunked body, RFC 9112 section 7.1.
std::string as_chunk(std::string_view text);

}  // namespace sockeye::hub
