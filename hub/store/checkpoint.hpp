// Moving what was committed from the write-ahead log into the database, at good moments.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <shared_mutex>

#include "hub/store/database.hpp"

namespace sockeye::hub {

// Readers hold it shared while they have a snapshot; only a log that has grown to its bound makes
// the writer ask for it alone.
using reader_gate = std::shared_mutex;

// The writer's thread only. A commit costs one sync of the WAL; a checkpoint two more, and page
// writes all over the database. So it waits for a quiet moment, up to `forced_pages`; the WAL is
// then overwritten from its start, which is also cheaper to sync than a file that grows. Readers
// that never pause would keep the start from being reused: at `gated_pages` they wait once.
class checkpointer {
  public:
    // `db` must be the writer's and outlive this.
    checkpointer(database& db, reader_gate& gate);
    ~checkpointer();
    checkpointer(const checkpointer&) = delete;
    checkpointer& operator=(const checkpointer&) = delete;

    enum class moment : std::uint8_t {
        busy,   // publications wait
        quiet,  // none waits just now
        idle,   // none has come for a while
    };
    // After a commit, outside a transaction. Throws database_error: then nothing is lost, since
    // the WAL still has all.
    void after_commit(moment now);

    bool has_work() const noexcept { return pages_ > 0; }
    std::uint64_t count() const noexcept { return count_.load(std::memory_order_relaxed); }

  private:
    void run();

    database& db_;
    reader_gate& gate_;
    int pages_ = 0;  // in the WAL, told by SQLite at each commit
    std::atomic<std::uint64_t> count_{0};
};

}  // namespace sockeye::hub
