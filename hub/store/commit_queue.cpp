#include "hub/store/commit_queue.hpp"

#include <algorithm>
#include <thread>
#include <utility>

namespace sockeye::hub {

commit_queue::put_result commit_queue::put(commit_job&& job) {
    const std::size_t cost = job.cost();
    bool wake = false;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return put_result::closed;
        // One that is larger than the whole bound still passes alone.
        const bool has_room =
            waiting() < max_events_ && (bytes_ + cost <= max_bytes_ || !waiting());
        if (!has_room) return put_result::full;
        bytes_ += cost;
        jobs_.push_back(std::move(job));
        seen_waiting_.store(waiting(), std::memory_order_relaxed);
        wake = std::exchange(is_asleep_, false);
    }
    if (wake) changed_.notify_one();
    return put_result::queued;
}

bool commit_queue::take(std::vector<commit_job>& group, const group_bounds& bounds,
                        const gathering& more, clock::time_point deadline) {
    watch(std::min({more.expected, bounds.max_events, max_events_}), more.gather_until);
    std::unique_lock lock(mutex_);
    if (waiting() == 0 && !closed_) {
        is_asleep_ = true;
        changed_.wait_until(lock, deadline, [&] { return closed_ || waiting() > 0; });
        is_asleep_ = false;
    }
    move_out(group, bounds);
    return !closed_ || !group.empty();
}

void commit_queue::watch(std::size_t expected, clock::time_point end) const {
    while (seen_waiting_.load(std::memory_order_relaxed) < expected && clock::now() < end)
        std::this_thread::yield();
}

void commit_queue::move_out(std::vector<commit_job>& group, const group_bounds& bounds) {
    std::size_t group_bytes = 0;
    while (taken_ < jobs_.size() && group.size() < bounds.max_events) {
        const std::size_t cost = jobs_[taken_].cost();
        if (!group.empty() && group_bytes + cost > bounds.max_bytes) break;
        group_bytes += cost;
        group.push_back(std::move(jobs_[taken_++]));
    }
    bytes_ -= group_bytes;
    // The rest moves up only when that is little work for each job.
    if (taken_ == jobs_.size() || taken_ > jobs_.size() / 2) {
        jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(taken_));
        taken_ = 0;
    }
    seen_waiting_.store(waiting(), std::memory_order_relaxed);
}

void commit_queue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    changed_.notify_all();
}

std::size_t commit_queue::size() const {
    const std::lock_guard lock(mutex_);
    return waiting();
}

}  // namespace sockeye::hub
