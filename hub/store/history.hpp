// Questions about the past: pages of the log, and what is retained.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "hub/store/event.hpp"

namespace sockeye::hub {

struct history_query {
    std::vector<std::string> filters;   // valid ones; an event is selected by any of them
    std::optional<std::int64_t> since;  // exclusive; none: from the oldest event kept
    std::size_t limit = 1000;           // events, 10,000 in any case
    std::size_t max_bytes = 4 << 20;    // of payload in one page, at least one event aside
};

struct history_page {
    std::vector<shared_event> events;  // ids ascending
    // Events after `since` may be missing: since < pruned_up_to (they were pruned), or since lies
    // beyond the last id (it belongs to another log).
    bool gap = false;
    std::int64_t pruned_up_to = 0;  // all ids up to this one are pruned (retained ones aside)
    // Ask again with since = next_since until `complete`. A page examines a bounded part of the
    // log, so it may be empty and yet not complete.
    std::int64_t next_since = 0;
    // All that was committed when the page was read has been examined: up to id next_since.
    bool complete = false;
};

}  // namespace sockeye::hub
