// The store: one append-only log of events in SQLite, one writer thread, group commit.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "hub/store/event.hpp"
#include "hub/store/history.hpp"
#include "hub/store/publication.hpp"

namespace sockeye::hub {

class file_store;

struct store_options {
    // Retention. What is beyond a bound is pruned in small steps, oldest first; the bounds may be
    // passed by a step while the writer is busy. A retained event is kept until it is replaced.
    std::chrono::hours max_age{24 * 30};
    std::int64_t max_events = 10'000'000;
    std::int64_t max_log_bytes = std::int64_t{4} << 30;    // pages in use in the database
    std::int64_t max_file_bytes = std::int64_t{64} << 30;  // all files and uploads under way; 507
    std::int64_t max_retained = 100'000;                   // topics with a retained event; 507

    std::size_t max_payload_bytes = 16 << 20;
    // What may wait for the writer; beyond, publish says overloaded.
    std::size_t max_queued_events = 65'536;
    std::size_t max_queued_bytes = 128 << 20;
    // One transaction.
    std::size_t max_batch_events = 1024;
    std::size_t max_batch_bytes = 8 << 20;
    // Connections that read at the same time; a further reader waits for one.
    std::size_t max_readers = 8;
    // SQLite's virtual file system by name; null: the default. For tests and simulations.
    const char* vfs = nullptr;
};

struct store_counters {
    std::uint64_t events = 0;      // stored since the store was opened
    std::uint64_t batches = 0;     // transactions
    std::uint64_t repeated = 0;    // answered by their idempotency key
    std::uint64_t overloaded = 0;  // refused by a full queue
    std::uint64_t no_space = 0;    // refused by a full disk or quota
    std::uint64_t pruned = 0;      // events
    std::uint64_t checkpoints = 0;
    std::int64_t last_id = 0;
    std::int64_t pruned_up_to = 0;
    std::int64_t log_bytes = 0;   // database pages in use
    std::int64_t file_bytes = 0;  // objects and uploads under way
    std::size_t queued = 0;       // waiting for the writer
    bool failed = false;          // the disk failed: reads only
};

// Thread-safe, apart from its construction and destruction.
class store {
  public:
    // Opens or makes the directory (mode 0700) and locks it. Throws sockeye::error when another
    // process has it, when its schema is newer than this program, or when it cannot be used.
    explicit store(const std::string& directory, const store_options& options = {});
    // Commits what is queued, completes it, and ends the writer. No call may be under way.
    ~store();
    store(const store&) = delete;
    store& operator=(const store&) = delete;

    // Queues a publication. Nothing returned: it was queued, and `listener` hears its end exactly
    // once with this token. A failure (invalid, too_large, overloaded, failed, closed) means that
    // nothing was queued and the listener will not be called. Never blocks on the disk. The
    // listener must live until it heard the end.
    [[nodiscard]] std::expected<void, store_failure> publish(publication what, std::uint64_t token,
                                                             publish_listener& listener);

    // The same, waiting for the end: the id. Blocks for a commit or more: not on a loop.
    std::expected<std::int64_t, store_failure> publish_and_wait(publication what);

    // Sets who hears the committed batches; null: nobody. When it returns, the one before is not
    // being called and will not be. Not from within a listener.
    void broadcast_to(committed_listener* listener);

    // One page of history, ids ascending, expired events left out. Blocks (call it from a bounded
    // pool of threads) and never makes the writer wait. Throws sockeye::error when the database
    // cannot be read. To go live without a gap or a double: first listen, keeping what arrives;
    // then read pages until complete; then deliver what was kept beyond next_since.
    history_page history(const history_query& query);

    // What is retained on the topics that the filters select, ids ascending; at most `limit`, with
    // `after` (exclusive id) to go on. Blocks like history.
    std::vector<shared_event> retained(const std::vector<std::string>& filters, std::size_t limit,
                                       std::int64_t after = 0);

    // The newest committed id; 0: none yet. Any thread, no waiting.
    std::int64_t last_id() const noexcept;

    // The files, in the same directory and committed with the same log. Lives as long as this.
    file_store& files() noexcept;

    store_counters counters() const;

  private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

}  // namespace sockeye::hub
