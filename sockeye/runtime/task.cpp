#include "sockeye/runtime/task.hpp"

#include "sockeye/runtime/loop.hpp"

namespace sockeye {

// Where a coroutine's control goes when it has ended: nowhere while `begin` still waits for it, to
// its parent, or, at a fiber's root, back to the loop, which lays the fiber to rest.
std::coroutine_handle<> promise_base::finish() noexcept {
    if (std::exchange(stage_, stage::finished) == stage::beginning) return std::noop_coroutine();
    if (continuation_) return continuation_;
    fiber_->home().fiber_ended(*fiber_);
    return std::noop_coroutine();
}

}  // namespace sockeye
