#include "sockeye/runtime/operations.hpp"

#include <cerrno>

#include "sockeye/core/error.hpp"

namespace sockeye {

bool operation_waiter::begin(std::coroutine_handle<> coroutine, fiber& owner) {
    fiber_ = &owner;
    if (const int interruption = owner.interruption()) {
        pending().result = -interruption;
        return false;
    }
    if (!start()) {
        suspend(coroutine, owner);
        return true;
    }
    if (owner.home().may_go_on()) return false;
    owner.home().schedule(coroutine);
    return true;
}

std::int64_t operation_waiter::outcome() noexcept {
    const std::int64_t result = pending().result;
    if (result != -ECANCELED) return result;
    const int interruption = fiber_->interruption();
    return interruption ? -interruption : result;
}

std::int64_t operation_waiter::outcome_or_throw(const char* name, const std::string& peer) {
    return check(outcome(), name, peer);
}

std::int64_t check(std::int64_t result, const char* operation, const std::string& peer) {
    if (result < 0) throw error::from_errno(static_cast<int>(-result), operation, peer);
    return result;
}

}  // namespace sockeye
