#include "hub/store/writer.hpp"

#include <algorithm>
#include <sys/prctl.h>

namespace sockeye::hub {
namespace {

using clock = commit_queue::clock;

constexpr std::chrono::milliseconds look_interval{100};
// With nothing to do but to empty the write-ahead log, and with nothing to do at all.
constexpr std::chrono::seconds idle_interval{1};
constexpr std::chrono::seconds resting_interval{10};
// Of the time of a commit: how long the writer waits for a group to come together again.
constexpr int gather_divisor = 4;
constexpr std::chrono::milliseconds max_gather{2};

event_time now_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

store_status status_of(const std::exception& failure) {
    const auto* cause = dynamic_cast<const database_error*>(&failure);
    if (cause && cause->is_no_space()) return store_status::no_space;
    if (cause && cause->is_busy()) return store_status::overloaded;
    return store_status::failed;
}

}  // namespace

writer::writer(database db, object_directory& objects, reader_gate& gate,
               const store_options& options)
    : options_(options),
      db_(std::move(db)),
      objects_(objects),
      checkpointer_(db_, gate),
      log_(db_, options.max_retained),
      retention_(db_, log_, options_),
      queue_(options.max_queued_events, options.max_queued_bytes) {
    last_id_ = log_.last_id();
    look_at_bounds(now_ms());
    thread_ = std::thread([this] { run(); });
}

writer::~writer() {
    queue_.close();
    thread_.join();
}

std::expected<void, store_failure> writer::queue(commit_job&& job) {
    if (failed_.load(std::memory_order_acquire))
        return std::unexpected(store_failure{store_status::failed, final_failure_});
    switch (queue_.put(std::move(job))) {
        case commit_queue::put_result::queued:
            return {};
        case commit_queue::put_result::full:
            break;
        case commit_queue::put_result::closed:
            return std::unexpected(store_failure{store_status::closed, "the store is closing"});
    }
    counts_.overloaded.fetch_add(1, std::memory_order_relaxed);
    return std::unexpected(
        store_failure{store_status::overloaded, "too much waits to be written; try again later"});
}

void writer::broadcast_to(committed_listener* listener) {
    const std::lock_guard lock(listener_mutex_);
    listener_ = listener;
}

void writer::run() {
    // The kernel may stretch a wait by its slack, 50 us by default: a quarter of a commit.
    ::prctl(PR_SET_TIMERSLACK, 1000UL);
    ::prctl(PR_SET_NAME, "store");
    const commit_queue::group_bounds bounds{options_.max_batch_events, options_.max_batch_bytes};
    group jobs;
    while (queue_.take(jobs, bounds, gathering_, next_wake())) {
        const load now = jobs.empty() ? load::idle : load::working;
        if (now == load::working) commit(jobs);
        jobs.clear();
        if (!failed_) tend(now);
    }
    if (failed_) return;
    try {
        checkpointer_.after_commit(checkpointer::moment::idle);
    } catch (const database_error& failure) {
        // Nothing is lost: the next start reads the write-ahead log.
        fail_for_good(failure.what());
    }
}

void writer::commit(group& jobs) {
    const auto begin = clock::now();
    if (failed_) {
        for (commit_job& job : jobs) job.reason = final_failure_;
    } else {
        try {
            commit_transaction(jobs);
        } catch (const std::exception& failure) {
            settle(jobs, failure);
        }
    }
    note(jobs, clock::now() - begin);
    broadcast(jobs);
    complete(jobs);
    gathering_ = {jobs.size(), clock::now() + std::min<std::chrono::nanoseconds>(
                                                  commit_time_ / gather_divisor, max_gather)};
}

void writer::commit_transaction(group& jobs) {
    const event_time now = now_ms();
    log_.begin();
    for (commit_job& job : jobs) log_.apply(job, now);
    prune(now, jobs.size());
    log_.commit();
    for (std::string& hash : log_.take_unnamed()) objects_.check_later(std::move(hash));
}

// Nothing of the group is stored: none of it may look as if it were.
void writer::settle(group& jobs, const std::exception& failure) {
    log_.roll_back();
    const store_status status = status_of(failure);
    if (status == store_status::failed) fail_for_good(failure.what());
    for (commit_job& job : jobs) {
        job.status = status;
        job.id = 0;
        job.reason = failure.what();
    }
}

void writer::note(const group& jobs, clock::duration took) {
    commit_time_ = (commit_time_ * 7 + took) / 8;
    std::uint64_t by_status[static_cast<std::size_t>(store_status::closed) + 1] = {};
    for (const commit_job& job : jobs) ++by_status[static_cast<std::size_t>(job.status)];
    const auto add = [&](std::atomic<std::uint64_t>& count, store_status status) {
        count.fetch_add(by_status[static_cast<std::size_t>(status)], std::memory_order_relaxed);
    };
    add(counts_.events, store_status::stored);
    add(counts_.repeated, store_status::repeated);
    add(counts_.no_space, store_status::no_space);
    counts_.batches.fetch_add(1, std::memory_order_relaxed);
    counts_.pruned_up_to.store(log_.pruned_up_to(), std::memory_order_relaxed);
    last_id_.store(log_.last_id(), std::memory_order_release);
}

void writer::broadcast(group& jobs) {
    committed_.clear();
    for (commit_job& job : jobs)
        if (job.status == store_status::stored) committed_.push_back(std::move(job.what));
    if (committed_.empty()) return;
    const std::lock_guard lock(listener_mutex_);
    if (listener_) listener_->on_committed(committed_);
    committed_.clear();
}

void writer::complete(group& jobs) {
    slot_of_.clear();
    for (const commit_job& job : jobs) {
        const auto [slot, is_new] = slot_of_.try_emplace(job.listener, slot_of_.size());
        if (is_new && slot->second == results_.size()) results_.emplace_back();
        auto& [listener, results] = results_[slot->second];
        if (is_new) results.clear();
        listener = job.listener;
        results.push_back({job.token, job.status, job.id, job.reason});
    }
    for (std::size_t i = 0; i < slot_of_.size(); ++i)
        results_[i].first->on_published(results_[i].second);
}

void writer::tend(load now) {
    const event_time time = now_ms();
    try {
        collect_contents();
        if (now == load::idle || clock::now() >= next_look_) look_at_bounds(time);
        if (now == load::idle && (prune_due_ || !expired_.empty())) prune_alone(time);
        checkpointer_.after_commit(now == load::idle    ? checkpointer::moment::idle
                                   : queue_.size() == 0 ? checkpointer::moment::quiet
                                                        : checkpointer::moment::busy);
    } catch (const std::exception& failure) {
        log_.roll_back();
        prune_due_ = false;
        // A full disk or another program's lock may pass; the next look finds the work again.
        if (status_of(failure) == store_status::failed) fail_for_good(failure.what());
    }
}

void writer::look_at_bounds(event_time now) {
    next_look_ = clock::now() + look_interval;
    prune_due_ = prune_due_ || retention_.is_due(now);
    if (expired_.empty()) expired_ = log_.expired_retained(now);
    counts_.log_bytes.store(retention_.used_bytes(), std::memory_order_relaxed);
    counts_.pruned_up_to.store(log_.pruned_up_to(), std::memory_order_relaxed);
}

// Inside a transaction.
void writer::prune(event_time now, std::size_t stored) {
    if (prune_due_) prune_due_ = retention_.prune_step(now, stored);
    log_.drop_retained(std::exchange(expired_, {}), now);
}

void writer::prune_alone(event_time now) {
    log_.begin();
    prune(now, 0);
    log_.commit();
    counts_.pruned_up_to.store(log_.pruned_up_to(), std::memory_order_relaxed);
}

void writer::collect_contents() {
    for (const std::string& hash : objects_.take_unchecked())
        if (!log_.files().is_referred_to(hash)) objects_.collect(hash);
}

clock::time_point writer::next_wake() const {
    const auto now = clock::now();
    if (failed_) return now + resting_interval;
    if (prune_due_) return now;
    return now + (checkpointer_.has_work() ? idle_interval : resting_interval);
}

void writer::fail_for_good(std::string reason) {
    if (failed_) return;
    final_failure_ = "the store accepts no more writes: " + std::move(reason);
    failed_.store(true, std::memory_order_release);
}

store_counters writer::counters() const {
    const auto read = [](const auto& count) { return count.load(std::memory_order_relaxed); };
    store_counters all;
    all.events = read(counts_.events);
    all.batches = read(counts_.batches);
    all.repeated = read(counts_.repeated);
    all.overloaded = read(counts_.overloaded);
    all.no_space = read(counts_.no_space);
    all.checkpoints = checkpointer_.count();
    all.last_id = last_id();
    all.pruned_up_to = read(counts_.pruned_up_to);
    all.log_bytes = read(counts_.log_bytes);
    all.queued = queue_.size();
    all.failed = failed_;
    return all;
}

}  // namespace sockeye::hub
