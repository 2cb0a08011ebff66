// The one thread that writes: takes what is queued, commits it as a group, tells everybody.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <expected>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hub/store/checkpoint.hpp"
#include "hub/store/commit_queue.hpp"
#include "hub/store/database.hpp"
#include "hub/store/event_log.hpp"
#include "hub/store/object_directory.hpp"
#include "hub/store/retention.hpp"
#include "hub/store/store.hpp"

namespace sockeye::hub {

class writer {
  public:
    // `db`'s schema is up to date; `objects` and `gate` outlive this. Starts the thread.
    writer(database db, object_directory& objects, reader_gate& gate, const store_options& options);
    // Commits what is queued, then ends the thread.
    ~writer();
    writer(const writer&) = delete;
    writer& operator=(const writer&) = delete;

    // As store::publish, for jobs that are checked already.
    std::expected<void, store_failure> queue(commit_job&& job);
    void broadcast_to(committed_listener* listener);

    std::int64_t last_id() const noexcept { return last_id_.load(std::memory_order_acquire); }
    store_counters counters() const;

  private:
    using group = std::vector<commit_job>;

    void run();
    void commit(group& jobs);
    void commit_transaction(group& jobs);
    void settle(group& jobs, const std::exception& failure);
    void note(const group& jobs, commit_queue::clock::duration took);
    void broadcast(group& jobs);
    void complete(group& jobs);
    enum class load : std::uint8_t { idle, working };
    void tend(load now);
    void look_at_bounds(event_time now);
    void prune(event_time now, std::size_t stored);
    void prune_alone(event_time now);
    void collect_contents();
    commit_queue::clock::time_point next_wake() const;
    void fail_for_good(std::string reason);

    const store_options options_;
    database db_;
    object_directory& objects_;
    checkpointer checkpointer_;
    event_log log_;
    retention retention_;
    commit_queue queue_;

    bool prune_due_ = false;
    std::vector<std::int64_t> expired_;  // topics whose retained event has expired
    commit_queue::clock::time_point next_look_{};
    commit_queue::gathering gathering_{0, {}};
    std::chrono::nanoseconds commit_time_{0};  // a moving average
    std::string final_failure_;
    std::atomic<bool> failed_{false};

    std::mutex listener_mutex_;
    committed_listener* listener_ = nullptr;

    // Reused from group to group.
    std::vector<shared_event> committed_;
    std::unordered_map<publish_listener*, std::size_t> slot_of_;
    std::vector<std::pair<publish_listener*, std::vector<publish_result>>> results_;

    struct {
        std::atomic<std::uint64_t> events{0}, batches{0}, repeated{0}, overloaded{0}, no_space{0};
        std::atomic<std::int64_t> pruned_up_to{0}, log_bytes{0};
    } counts_;
    std::atomic<std::int64_t> last_id_{0};
    std::thread thread_;
};

}  // namespace sockeye::hub
