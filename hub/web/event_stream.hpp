// A live reader: server-sent events (the HTML standard, section 9.2) over HTTP/1.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class http_connection;

// Each event is a block `id: <id>`, `data: <its JSON>`. With `since` the stream goes on behind that
// id, without a hole and without a double; `event: gap` comes first where that part of the log has
// been pruned. Without, what is retained on the topics comes first (without ids), then what is
// published from now on. About every 15 s a comment and the id up to which nothing is missing.
//
// What a reader has not taken yet is bounded. One whose queue is full is not told of events any
// more but reads them from the log, as fast as it can take them, until it has caught up: it costs
// no memory, loses nothing that is not pruned, and nobody else notices.
task<> answer_event_stream(http_connection& on, std::vector<std::string> filters,
                           std::optional<std::int64_t> since);

}  // namespace sockeye::hub
