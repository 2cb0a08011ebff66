#include "sockeye/runtime/time.hpp"

#include "sockeye/core/error.hpp"

namespace sockeye {

bool sleep_awaiter::begin(std::coroutine_handle<> coroutine, fiber& owner) {
    fiber_ = &owner;
    interruption_ = owner.interruption();
    if (interruption_) return false;
    loop& home = owner.home();
    if (time_ <= duration::zero()) {
        home.schedule(coroutine);
        return true;
    }
    home.timers().set(*this, deadline_after(home.engine().now(), time_));
    suspend(coroutine, owner);
    return true;
}

void sleep_awaiter::expired(timer& t) noexcept {
    static_cast<sleep_awaiter&>(t).resume_soon();
}

void sleep_awaiter::cancel() noexcept {
    if (!is_set()) return;
    fiber_->home().timers().cancel(*this);
    interruption_ = fiber_->interruption();
    resume_soon();
}

void sleep_awaiter::await_resume() const {
    if (interruption_) throw error::from_errno(interruption_, "sleep");
}

void deadline_scope::enter(fiber& owner, duration limit) noexcept {
    owner_ = &owner;
    scope_.enter(owner);
    loop& home = owner.home();
    home.timers().set(*this, deadline_after(home.engine().now(), limit));
}

void deadline_scope::leave() noexcept {
    if (!owner_) return;
    owner_->home().timers().cancel(*this);
    scope_.leave();
    owner_ = nullptr;
}

void deadline_scope::expired(timer& t) noexcept {
    static_cast<deadline_scope&>(t).scope_.cancel();
}

}  // namespace sockeye
