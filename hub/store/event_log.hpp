// What one transaction of the writer does to the tables.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "hub/store/commit_queue.hpp"
#include "hub/store/database.hpp"
#include "hub/store/file_names.hpp"
#include "hub/store/topic_table.hpp"

namespace sockeye::hub {

// The writer's thread only. Everything between `begin` and `commit` is in the database or not at
// all; any database_error is followed by `roll_back`.
class event_log {
  public:
    event_log(database& db, std::int64_t max_retained);

    void begin();
    void commit();
    // Brings the counts back to what the database has.
    void roll_back() noexcept;

    // Stores the job's event, with its id and the time; or answers its key with the id it has; or
    // says why neither (status and reason of the job).
    void apply(commit_job& job, event_time now);

    // Committed, or about to be in this transaction.
    std::int64_t last_id() const noexcept { return last_id_; }
    std::int64_t pruned_up_to() const noexcept { return pruned_up_to_; }

    struct prune_bounds {
        std::int64_t up_to;       // ids
        event_time older_than;    // or events of a time before this
        std::int64_t max_events;  // in this step
        std::int64_t max_bytes;   // of payload in this step
    };
    // Prunes a step of the oldest events: those beyond `up_to` or `older_than`. What is retained
    // stays. How many ids it passed: 0 when there is nothing to prune.
    std::int64_t prune(const prune_bounds& bounds);
    // The next retained events that have expired, of a bounded number looked at; each call goes on
    // where the last one ended. Needs no transaction.
    std::vector<std::int64_t> expired_retained(event_time now);
    // Lets go of those, if they are still expired.
    void drop_retained(const std::vector<std::int64_t>& topics, event_time now);
    // The time of the oldest event that is not pruned; event_time::max() when there is none.
    event_time oldest_time();

    // Contents that lost a name in this transaction.
    std::vector<std::string> take_unnamed() noexcept { return std::exchange(unnamed_, {}); }
    file_names& files() noexcept { return files_; }

  private:
    bool apply_file(commit_job& job);
    bool answer_known_key(commit_job& job);
    bool has_room_to_retain(commit_job& job);
    void retain_event(const event& what, std::int64_t topic_id);
    void clear_retained(std::int64_t topic_id);
    void load_counts();

    database& db_;
    statement& insert_event_;
    topic_table topics_;
    file_names files_;
    std::int64_t max_retained_;
    std::int64_t last_id_ = 0;
    std::int64_t pruned_up_to_ = 0;
    std::int64_t retained_ = 0;
    std::int64_t expiry_cursor_ = 0;
    std::vector<std::string> unnamed_;
};

}  // namespace sockeye::hub
