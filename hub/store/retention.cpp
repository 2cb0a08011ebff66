#include "hub/store/retention.hpp"

#include <algorithm>

namespace sockeye::hub {
namespace {

constexpr std::int64_t step_events = 512;
constexpr std::int64_t step_bytes = 4 << 20;

constexpr const char* select_pages = "PRAGMA page_count";
constexpr const char* select_free_pages = "PRAGMA freelist_count";
constexpr const char* select_page_size = "PRAGMA page_size";

std::int64_t integer(database& db, const char* sql) {
    statement& query = db.prepared(sql);
    const statement_reset reset(query);
    return query.step() ? query.integer(0) : 0;
}

}  // namespace

retention::retention(database& db, event_log& log, const store_options& options)
    : db_(db), log_(log), options_(options) {}

event_time retention::cutoff(event_time now) const noexcept {
    return now - options_.max_age;
}

std::int64_t retention::used_bytes() {
    return (integer(db_, select_pages) - integer(db_, select_free_pages)) *
           integer(db_, select_page_size);
}

// The newest id that the bounds on count and bytes let go of.
std::int64_t retention::excess_up_to(std::size_t stored) {
    const std::int64_t too_many = log_.last_id() - options_.max_events;
    if (used_bytes() <= options_.max_log_bytes) return too_many;
    const auto step = std::max<std::int64_t>(step_events, 2 * static_cast<std::int64_t>(stored));
    return std::max(too_many, log_.pruned_up_to() + step);
}

bool retention::is_due(event_time now) {
    return excess_up_to(0) > log_.pruned_up_to() || log_.oldest_time() < cutoff(now);
}

bool retention::prune_step(event_time now, std::size_t stored) {
    const auto step = std::max<std::int64_t>(step_events, 2 * static_cast<std::int64_t>(stored));
    return log_.prune({.up_to = excess_up_to(stored),
                       .older_than = cutoff(now),
                       .max_events = step,
                       .max_bytes = step_bytes}) > 0;
}

}  // namespace sockeye::hub
