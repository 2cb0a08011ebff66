#include "hub/store/topic_table.hpp"

#include <cstddef>

namespace sockeye::hub {
namespace {

// Names kept in memory; beyond, all are forgotten and read again as they are needed.
constexpr std::size_t max_known = 65'536;

constexpr const char* select_topic = "SELECT id FROM topics WHERE name = ?1";
constexpr const char* insert_topic = "INSERT INTO topics(name) VALUES(?1)";
constexpr const char* delete_unused =
    "DELETE FROM topics WHERE id = ?1"
    " AND NOT EXISTS (SELECT 1 FROM events WHERE topic = ?1) RETURNING name";

}  // namespace

std::int64_t topic_table::find(std::string_view name) {
    if (const auto found = known_.find(name); found != known_.end()) return found->second;
    statement& query = db_.prepared(select_topic);
    const statement_reset reset(query);
    if (!query.bind(1, name).step()) return 0;
    remember(name, query.integer(0));
    return query.integer(0);
}

std::int64_t topic_table::find_or_make(std::string_view name) {
    if (const std::int64_t id = find(name)) return id;
    db_.prepared(insert_topic).bind(1, name).run();
    const std::int64_t id = sqlite3_last_insert_rowid(db_.handle());
    remember(name, id);
    return id;
}

void topic_table::drop_unused(std::int64_t id) {
    statement& query = db_.prepared(delete_unused);
    const statement_reset reset(query);
    query.bind(1, id);
    while (query.step())
        if (const auto found = known_.find(query.text(0)); found != known_.end())
            known_.erase(found);
}

void topic_table::remember(std::string_view name, std::int64_t id) {
    if (known_.size() >= max_known) known_.clear();
    known_.emplace(name, id);
}

}  // namespace sockeye::hub
