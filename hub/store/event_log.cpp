#include "hub/store/event_log.hpp"

#include <algorithm>
#include <utility>

#include "hub/store/event_row.hpp"
#include "hub/store/schema.hpp"

namespace sockeye::hub {
namespace {

constexpr const char* begin_transaction = "BEGIN IMMEDIATE";
constexpr const char* commit_transaction = "COMMIT";
constexpr const char* select_key = "SELECT id FROM events WHERE idempotency_key = ?1";
constexpr const char* select_retained = "SELECT event FROM retained WHERE topic = ?1";
constexpr const char* put_retained =
    "INSERT OR REPLACE INTO retained(topic, event, expires) VALUES(?1, ?2, ?3)";
constexpr const char* delete_retained = "DELETE FROM retained WHERE topic = ?1";
constexpr const char* delete_event = "DELETE FROM events WHERE id = ?1";
constexpr const char* select_oldest =
    "SELECT id, topic, time, length(payload) FROM events WHERE id > ?1 ORDER BY id LIMIT ?2";
constexpr const char* delete_range =
    "DELETE FROM events WHERE id > ?1 AND id <= ?2 AND NOT EXISTS"
    " (SELECT 1 FROM retained r WHERE r.topic = events.topic AND r.event = events.id)";
constexpr const char* put_pruned = "UPDATE state SET value = ?1 WHERE name = 'pruned_up_to'";
constexpr const char* select_expiring =
    "SELECT topic, expires FROM retained WHERE topic > ?1 ORDER BY topic LIMIT 256";

constexpr const char* select_expired = "SELECT 1 FROM retained WHERE topic = ?1 AND expires <= ?2";

// A century: keeps the sum with the time of day inside the integer.
constexpr std::chrono::milliseconds max_lifetime = std::chrono::hours(24 * 36'525);

}  // namespace

event_log::event_log(database& db, std::int64_t max_retained)
    : db_(db),
      insert_event_(db.prepared(schema::insert_event)),
      topics_(db),
      files_(db),
      max_retained_(max_retained) {
    load_counts();
}

void event_log::load_counts() {
    pruned_up_to_ = db_.integer("SELECT value FROM state WHERE name = 'pruned_up_to'");
    last_id_ = std::max(pruned_up_to_, db_.integer("SELECT max(id) FROM events"));
    retained_ = db_.integer("SELECT count(*) FROM retained");
}

void event_log::begin() {
    db_.prepared(begin_transaction).run();
}

void event_log::commit() {
    db_.prepared(commit_transaction).run();
}

void event_log::roll_back() noexcept {
    topics_.forget();
    unnamed_.clear();
    try {
        if (db_.in_transaction()) db_.execute("ROLLBACK");
        load_counts();
    } catch (const database_error&) {
        // The writer is told the first failure, which it is just handling; if the database cannot
        // even be read, the next transaction fails as well, and nothing is acknowledged.
        return;
    }
}

void event_log::apply(commit_job& job, event_time now) {
    if (answer_known_key(job)) return;
    event& what = *job.what;
    what.time = now;
    what.id = last_id_ + 1;
    if (job.lifetime) what.expires = now + std::min(*job.lifetime, max_lifetime);
    if (!has_room_to_retain(job)) return;
    if (what.file && !apply_file(job)) return;
    const std::int64_t topic_id = topics_.find_or_make(what.topic);
    bind_event(insert_event_, what, topic_id, job.idempotency_key);
    insert_event_.run();
    if (what.retained == retain::yes) retain_event(what, topic_id);
    last_id_ = job.id = what.id;
    job.status = store_status::stored;
}

bool event_log::answer_known_key(commit_job& job) {
    if (job.idempotency_key.empty()) return false;
    statement& query = db_.prepared(select_key);
    const statement_reset reset(query);
    if (!query.bind(1, job.idempotency_key).step()) return false;
    job.id = query.integer(0);
    job.status = store_status::repeated;
    return true;
}

// Writes or removes the name. False: refused, and the job says why.
bool event_log::apply_file(commit_job& job) {
    event& what = *job.what;
    file_reference& file = *what.file;
    auto former = files_.find(file.path);
    if (file.kind == file_reference::change::removed) {
        if (!former) {
            job.status = store_status::not_found;
            job.reason = "there is no file `" + file.path + "`";
            return false;
        }
        file.hash = former->hash;
        file.size = former->size;
        files_.erase(file.path);
    } else {
        if (!former) job.reason = files_.conflict(file.path);
        if (!job.reason.empty()) {
            job.status = store_status::conflict;
            return false;
        }
        files_.put(what);
    }
    if (former) unnamed_.push_back(std::move(former->hash));
    return true;
}

bool event_log::has_room_to_retain(commit_job& job) {
    const event& what = *job.what;
    if (what.retained == retain::no || what.payload.empty() || retained_ < max_retained_)
        return true;
    statement& query = db_.prepared(select_retained);
    const statement_reset reset(query);
    if (query.bind(1, topics_.find(what.topic)).step()) return true;
    job.status = store_status::no_space;
    job.reason = "no more than " + std::to_string(max_retained_) + " topics can be retained";
    return false;
}

void event_log::retain_event(const event& what, std::int64_t topic_id) {
    clear_retained(topic_id);
    if (what.payload.empty()) return;
    statement& put = db_.prepared(put_retained);
    put.bind(1, topic_id).bind(2, what.id);
    what.expires ? put.bind(3, milliseconds(*what.expires)) : put.bind_null(3);
    put.run();
    ++retained_;
}

void event_log::clear_retained(std::int64_t topic_id) {
    std::int64_t former = 0;
    {
        statement& query = db_.prepared(select_retained);
        const statement_reset reset(query);
        if (!query.bind(1, topic_id).step()) return;
        former = query.integer(0);
    }
    db_.prepared(delete_retained).bind(1, topic_id).run();
    --retained_;
    // Pruning passed it by, and will not come back.
    if (former > pruned_up_to_) return;
    db_.prepared(delete_event).bind(1, former).run();
}

std::int64_t event_log::prune(const prune_bounds& bounds) {
    std::vector<std::int64_t> topics;
    std::int64_t bytes = 0;
    std::int64_t end = pruned_up_to_;
    {
        statement& query = db_.prepared(select_oldest);
        const statement_reset reset(query);
        query.bind(1, pruned_up_to_).bind(2, bounds.max_events);
        while (bytes < bounds.max_bytes && query.step()) {
            const bool is_old = query.integer(2) < milliseconds(bounds.older_than);
            if (query.integer(0) > bounds.up_to && !is_old) break;
            end = query.integer(0);
            bytes += query.integer(3);
            topics.push_back(query.integer(1));
        }
    }
    if (end == pruned_up_to_) return 0;
    db_.prepared(delete_range).bind(1, pruned_up_to_).bind(2, end).run();
    db_.prepared(put_pruned).bind(1, end).run();
    std::ranges::sort(topics);
    const auto doubles = std::ranges::unique(topics);
    topics.erase(doubles.begin(), doubles.end());
    for (const std::int64_t topic : topics) topics_.drop_unused(topic);
    return end - std::exchange(pruned_up_to_, end);
}

std::vector<std::int64_t> event_log::expired_retained(event_time now) {
    std::vector<std::int64_t> expired;
    std::int64_t cursor = 0;
    statement& query = db_.prepared(select_expiring);
    const statement_reset reset(query);
    query.bind(1, expiry_cursor_);
    while (query.step()) {
        cursor = query.integer(0);
        if (!query.is_null(1) && query.integer(1) <= milliseconds(now)) expired.push_back(cursor);
    }
    expiry_cursor_ = cursor;  // 0 at the end: the next round begins anew
    return expired;
}

void event_log::drop_retained(const std::vector<std::int64_t>& topics, event_time now) {
    for (const std::int64_t topic : topics) {
        statement& query = db_.prepared(select_expired);
        const bool is_over = query.bind(1, topic).bind(2, milliseconds(now)).step();
        query.reset();
        if (!is_over) continue;
        clear_retained(topic);
        topics_.drop_unused(topic);
    }
}

event_time event_log::oldest_time() {
    statement& query = db_.prepared(select_oldest);
    const statement_reset reset(query);
    if (!query.bind(1, pruned_up_to_).bind(2, std::int64_t{1}).step()) return event_time::max();
    return event_time(std::chrono::milliseconds(query.integer(2)));
}

}  // namespace sockeye::hub
