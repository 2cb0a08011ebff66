// /topics/<topic> and /events: publish, read what was published, listen.
#pragma once

#include <string_view>

#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class http_connection;

// Publishes the body under its Content-Type: {"id":...} once it is durable. Fields:
//   Sockeye-Retain: true      shown to everybody who subscribes later; an empty body clears it
//   Sockeye-Expiry: 60s       not delivered from history after that (a duration, or seconds)
//   Idempotency-Key: <text>   a second publication with it answers the first one's id
task<> post_topic(http_connection& on, std::string_view rest);

// The topics that one filter (in the path) or several (`topic=`; none: all) select, as JSON lines:
// `since=<id>` (exclusive) and `limit` (1,000 unless given, 100,000 at most) choose; with
// `Accept: text/event-stream` live, see event_stream.hpp.
task<> get_topic(http_connection& on, std::string_view rest);
task<> get_events(http_connection& on, std::string_view rest);

}  // namespace sockeye::hub
