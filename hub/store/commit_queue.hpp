// Publications on their way to the writer: many threads put in, one takes out in groups.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hub/store/event.hpp"
#include "hub/store/object_directory.hpp"
#include "hub/store/publication.hpp"

namespace sockeye::hub {

// One publication that waits, and, after the transaction, how it ended.
struct commit_job {
    std::shared_ptr<event> what;
    std::optional<std::chrono::milliseconds> lifetime;
    std::string idempotency_key;
    std::uint64_t token = 0;
    publish_listener* listener = nullptr;
    object_pin content;  // of a file that is stored: kept until it has its name

    store_status status = store_status::failed;
    std::int64_t id = 0;
    std::string reason;

    std::size_t cost() const noexcept {
        return sizeof(commit_job) + sizeof(event) + what->payload.size() + what->topic.size();
    }
};

class commit_queue {
  public:
    using clock = std::chrono::steady_clock;

    commit_queue(std::size_t max_events, std::size_t max_bytes)
        : max_events_(max_events), max_bytes_(max_bytes) {}

    enum class put_result : std::uint8_t { queued, full, closed };
    put_result put(commit_job&& job);

    // What one transaction may take.
    struct group_bounds {
        std::size_t max_events;
        std::size_t max_bytes;
    };
    // When a group is complete. Those whose completions the last commit sent are about to publish
    // again: until `gather_until` the writer waits for as many as `expected`, since the first of
    // them would otherwise make a transaction for itself while the others wait for its sync.
    struct gathering {
        std::size_t expected;
        clock::time_point gather_until;
    };
    // Moves the next group to the end of `group`. With nothing there, waits until `deadline`, and
    // returns without. Until `gather_until` it waits awake, giving way to whoever wants the
    // processor: to be woken takes a good part of the time of a commit. False: closed and empty.
    bool take(std::vector<commit_job>& group, const group_bounds& bounds, const gathering& more,
              clock::time_point deadline);

    // Nothing can be put in any more; what is in can be taken.
    void close();

    std::size_t size() const;

  private:
    void watch(std::size_t expected, clock::time_point end) const;
    void move_out(std::vector<commit_job>& group, const group_bounds& bounds);
    std::size_t waiting() const noexcept { return jobs_.size() - taken_; }

    const std::size_t max_events_;
    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<commit_job> jobs_;  // the first `taken_` are moved out already
    std::size_t taken_ = 0;
    std::size_t bytes_ = 0;
    bool is_asleep_ = false;  // the writer, until the next job comes
    bool closed_ = false;
    std::atomic<std::size_t> seen_waiting_{0};  // what `waiting` was last, for a look without lock
};

}  // namespace sockeye::hub
