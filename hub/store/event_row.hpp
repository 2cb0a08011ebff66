// One row of the log, to and from an event.
#pragma once

#include <string_view>

#include "hub/store/database.hpp"
#include "hub/store/event.hpp"

namespace sockeye::hub {

// As it is stored: since 1970.
inline std::int64_t milliseconds(event_time time) noexcept {
    return time.time_since_epoch().count();
}
inline event_time time_at(std::int64_t milliseconds) noexcept {
    return event_time(std::chrono::milliseconds(milliseconds));
}

// Binds all parameters of schema::insert_event. `what` and `key` must live until the reset.
void bind_event(statement& insert, const event& what, std::int64_t topic_id, std::string_view key);

// Of a row of the view `log` (schema.hpp).
shared_event read_event(const statement& row);

}  // namespace sockeye::hub
