// Pages of the log from a snapshot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "hub/store/database.hpp"
#include "hub/store/history.hpp"

namespace sockeye::hub {

// As store::history; `db` is inside a read transaction.
history_page read_history(database& db, const history_query& query, event_time now);

// As store::retained.
std::vector<shared_event> read_retained(database& db, const std::vector<std::string>& filters,
                                        std::size_t limit, std::int64_t after, event_time now);

}  // namespace sockeye::hub
