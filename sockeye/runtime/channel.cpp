#include "sockeye/runtime/channel.hpp"

#include <cerrno>

#include "sockeye/core/error.hpp"

namespace sockeye {

bool waiting_line::place::wait(std::coroutine_handle<> coroutine, fiber& owner) noexcept {
    interruption_ = owner.interruption();
    if (interruption_) return false;
    if (had_turn_) {
        next_ = line_.first_;
        line_.first_ = this;
        if (!next_) line_.last_ = this;
    } else {
        next_ = nullptr;
        (line_.first_ ? line_.last_->next_ : line_.first_) = this;
        line_.last_ = this;
    }
    suspend(coroutine, owner);
    return true;
}

void waiting_line::place::cancel() noexcept {
    line_.remove(*this);
    interruption_ = fiber_->interruption();
    resume_soon();
}

void waiting_line::place::check(const char* operation) {
    if (!interruption_ && fiber_->interruption() == ECANCELED) {
        interruption_ = ECANCELED;
        line_.wake_one();
    }
    had_turn_ = true;
    if (interruption_) throw error::from_errno(interruption_, operation);
}

void waiting_line::wake_one() noexcept {
    if (!first_) return;
    place* who = std::exchange(first_, first_->next_);
    who->resume_soon();
}

void waiting_line::wake_all() noexcept {
    while (first_) wake_one();
}

void waiting_line::remove(place& who) noexcept {
    place* before = nullptr;
    for (place* each = first_; each != &who; each = each->next_) before = each;
    (before ? before->next_ : first_) = who.next_;
    if (last_ == &who) last_ = before;
}

}  // namespace sockeye
