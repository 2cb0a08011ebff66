#include "hub/store/history_reader.hpp"

#include <algorithm>
#include <unordered_set>

#include "hub/store/event_row.hpp"
#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

// Up to so many topics, each topic's ids are read from the index and merged; with more, the log
// itself is read in order and what was not asked for is skipped.
constexpr std::size_t max_merged_topics = 32;
constexpr std::size_t max_page_events = 10'000;
// Rows of the log that one page may examine.
constexpr std::int64_t max_scanned = 20'000;

constexpr const char* select_topic = "SELECT id, name FROM topics WHERE name = ?1";
constexpr const char* select_topics_from = "SELECT id, name FROM topics WHERE name >= ?1";
constexpr const char* select_topic_range =
    "SELECT id, name FROM topics WHERE name >= ?1 AND name < ?2";
constexpr const char* select_ids_of_topic =
    "SELECT id FROM events WHERE topic = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
constexpr const char* select_ids =
    "SELECT id, topic FROM events WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* select_event = "SELECT * FROM log WHERE id = ?1";
constexpr const char* select_pruned = "SELECT value FROM state WHERE name = 'pruned_up_to'";
constexpr const char* select_last = "SELECT max(id) FROM events";
constexpr const char* select_retained =
    "SELECT topic, event FROM retained WHERE topic = ?1 AND (expires IS NULL OR expires > ?2)";

std::int64_t integer(database& db, const char* sql) {
    statement& query = db.prepared(sql);
    const statement_reset reset(query);
    return query.step() ? query.integer(0) : 0;
}

// The names that a filter can select share the text before its first wildcard.
statement& topics_like(database& db, const std::string& filter, std::string& first,
                       std::string& end) {
    if (!has_wildcard(filter)) return db.prepared(select_topic).bind(1, filter);
    first = filter.substr(0, filter.find_first_of("+#"));
    // `a/#` selects `a` as well.
    if (filter.ends_with("/#") && first.size() == filter.size() - 1) first.pop_back();
    if (first.empty()) return db.prepared(select_topics_from).bind(1, first);
    end = first;
    // Valid UTF-8 never has the byte 0xFF, so the successor of the last byte is another byte.
    ++reinterpret_cast<unsigned char&>(end.back());
    return db.prepared(select_topic_range).bind(1, first).bind(2, end);
}

std::vector<std::int64_t> selected_topics(database& db, const std::vector<std::string>& filters) {
    std::vector<std::int64_t> ids;
    for (const std::string& filter : filters) {
        std::string first;
        std::string end;
        statement& query = topics_like(db, filter, first, end);
        const statement_reset reset(query);
        while (query.step())
            if (matches(filter, query.text(1))) ids.push_back(query.integer(0));
    }
    std::ranges::sort(ids);
    const auto doubles = std::ranges::unique(ids);
    ids.erase(doubles.begin(), doubles.end());
    return ids;
}

// Candidates for a page, ascending, and how far the log was examined for them.
struct id_range {
    std::vector<std::int64_t> ids;
    std::int64_t examined_up_to = 0;
};

id_range merge_topics(database& db, const std::vector<std::int64_t>& topics, std::int64_t since,
                      std::size_t limit, std::int64_t last) {
    id_range found{{}, last};
    for (const std::int64_t topic : topics) {
        statement& query = db.prepared(select_ids_of_topic);
        const statement_reset reset(query);
        query.bind(1, topic).bind(2, since).bind(3, static_cast<std::int64_t>(limit));
        while (query.step()) found.ids.push_back(query.integer(0));
    }
    std::ranges::sort(found.ids);
    if (found.ids.size() >= limit) {
        found.ids.resize(limit);
        if (limit > 0) found.examined_up_to = found.ids.back();
    }
    return found;
}

id_range scan_log(database& db, const std::vector<std::int64_t>& topics, std::int64_t since,
                  std::size_t limit, std::int64_t last) {
    const std::unordered_set<std::int64_t> wanted(topics.begin(), topics.end());
    id_range found{{}, last};
    statement& query = db.prepared(select_ids);
    const statement_reset reset(query);
    query.bind(1, since).bind(2, max_scanned);
    std::int64_t scanned = 0;
    std::int64_t position = since;
    while (found.ids.size() < limit && query.step()) {
        position = query.integer(0);
        ++scanned;
        if (wanted.contains(query.integer(1))) found.ids.push_back(position);
    }
    if (found.ids.size() >= limit || scanned >= max_scanned) found.examined_up_to = position;
    return found;
}

bool is_over(const event& what, event_time now) noexcept {
    return what.expires && *what.expires <= now;
}

// Reads the events of the candidates, up to the bound on bytes.
void fill(database& db, const id_range& found, std::size_t max_bytes, event_time now,
          history_page& page) {
    page.next_since = found.examined_up_to;
    std::size_t bytes = 0;
    statement& query = db.prepared(select_event);
    for (const std::int64_t id : found.ids) {
        const statement_reset reset(query);
        if (!query.bind(1, id).step()) continue;
        shared_event what = read_event(query);
        if (is_over(*what, now)) continue;
        bytes += what->payload.size();
        if (bytes > max_bytes && !page.events.empty()) {
            page.next_since = page.events.back()->id;
            return;
        }
        page.events.push_back(std::move(what));
    }
}

}  // namespace

history_page read_history(database& db, const history_query& query, event_time now) {
    history_page page;
    page.pruned_up_to = integer(db, select_pruned);
    const std::int64_t last = std::max(page.pruned_up_to, integer(db, select_last));
    page.gap = query.since && (*query.since < page.pruned_up_to || *query.since > last);
    const bool is_from_another_log = query.since && *query.since > last;
    const std::int64_t since = is_from_another_log ? 0 : query.since.value_or(0);
    const auto topics = selected_topics(db, query.filters);
    const std::size_t limit = std::clamp<std::size_t>(query.limit, 1, max_page_events);
    const id_range found = topics.size() <= max_merged_topics
                               ? merge_topics(db, topics, since, limit, last)
                               : scan_log(db, topics, since, limit, last);
    fill(db, found, query.max_bytes, now, page);
    page.next_since = std::max(page.next_since, since);
    page.complete = page.next_since >= last;
    return page;
}

std::vector<shared_event> read_retained(database& db, const std::vector<std::string>& filters,
                                        std::size_t limit, std::int64_t after, event_time now) {
    std::vector<std::int64_t> ids;
    for (const std::int64_t topic : selected_topics(db, filters)) {
        statement& query = db.prepared(select_retained);
        const statement_reset reset(query);
        if (query.bind(1, topic).bind(2, milliseconds(now)).step() && query.integer(1) > after)
            ids.push_back(query.integer(1));
    }
    std::ranges::sort(ids);
    ids.resize(std::min(ids.size(), limit));
    std::vector<shared_event> events;
    for (const std::int64_t id : ids) {
        statement& query = db.prepared(select_event);
        const statement_reset reset(query);
        if (query.bind(1, id).step()) events.push_back(read_event(query));
    }
    return events;
}

}  // namespace sockeye::hub
