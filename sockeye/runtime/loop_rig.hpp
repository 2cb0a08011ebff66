// For tests: a loop to run a task in, in virtual time or on the kernel.
#pragma once

#include <string>
#include <utility>

#include "sockeye/core/error.hpp"
#include "sockeye/engine/simulated_engine.hpp"
#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// Runs a task to its end; throws what it throws.
inline void in_virtual_time(task<> main) {
    simulation world;
    loop simulated(world.make_engine(world.add_host({})));
    simulated.run(std::move(main));
}
// On the engine that SOCKEYE_ENGINE names, or the best there is.
inline void on_the_kernel(task<> main) {
    loop real(make_engine());
    real.run(std::move(main));
}

// How an operation ended, for tests: "", "timeout", "cancelled", "reset", or the error's text.
inline std::string kind_of(const error& e) {
    const int kinds = e.is_timeout() + e.is_cancelled() + e.is_reset();
    if (kinds > 1) return "more than one kind";
    if (e.is_timeout()) return "timeout";
    if (e.is_cancelled()) return "cancelled";
    return e.is_reset() ? "reset" : e.what();
}
inline task<std::string> ending_of(task<> what) {
    try {
        co_await std::move(what);
    } catch (const error& e) {
        co_return kind_of(e);
    }
    co_return std::string();
}

}  // namespace sockeye
