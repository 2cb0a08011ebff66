// From main() into the loops, and back.
#pragma once

#include <span>
#include <utility>

#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

enum class pinning : unsigned char { none, one_core_each };

struct run_options {
    // Loops, each on a thread of its own; the calling thread runs the first. `serve` uses them all.
    unsigned threads = 1;
    engine_choice engine = engine_choice::automatic;
    // How long each loop spins before it sleeps.
    duration spin{0};
    pinning pin = pinning::none;
};

// Runs `main` to its end and gives what main() should return: 0, or 1 after an error, which is
// written to stderr. The first SIGINT or SIGTERM cancels `main`, which may take its time to say
// goodbye (`serve` drains); a second one ends the process at once. A `main` that was cancelled so
// and threw because of it gives 128 plus the signal's number. SIGPIPE is ignored from now on.
int run(task<> main, run_options options = {});

// All loops of this `run`, the first one first; on a loop's thread. Only the current one's thread
// may use it beyond `post`.
std::span<loop* const> all_loops() noexcept;

// Runs a task on another loop of this process and waits for its end; throws what it threw. When the
// waiting fiber is cancelled, so is the task, and still waited for.
task<> run_on(loop& other, task<> work);

}  // namespace sockeye
