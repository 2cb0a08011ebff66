// When to prune, and how much at a time.
#pragma once

#include <cstdint>

#include "hub/store/database.hpp"
#include "hub/store/event_log.hpp"
#include "hub/store/store.hpp"

namespace sockeye::hub {

// The writer's thread only. Pruning rides on the transactions of publications, a step each, so it
// costs no sync of its own while the writer is busy, and no step takes long.
class retention {
  public:
    retention(database& db, event_log& log, const store_options& options);

    // Whether there is something to prune; looks at the bounds. Cheap, yet not free: the writer
    // asks now and then, not at each commit.
    bool is_due(event_time now);

    // Prunes one step inside the transaction under way, of at least twice `stored` events, so that
    // pruning always outruns storing. False when nothing is left to prune.
    bool prune_step(event_time now, std::size_t stored);

    // Database pages in use, in bytes.
    std::int64_t used_bytes();

  private:
    event_time cutoff(event_time now) const noexcept;
    std::int64_t excess_up_to(std::size_t stored);

    database& db_;
    event_log& log_;
    const store_options& options_;
};

}  // namespace sockeye::hub
