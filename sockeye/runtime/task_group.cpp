#include "sockeye/runtime/task_group.hpp"

#include <cassert>
#include <memory>

#include "sockeye/core/error.hpp"

namespace sockeye {

namespace {

bool is_cancellation(const std::exception_ptr& failure) noexcept {
    try {
        std::rethrow_exception(failure);
    } catch (const error& reason) {
        return reason.is_cancelled();
    } catch (...) {
        return false;
    }
}

}  // namespace

task_group::task_group() : home_(loop::current()) {
    home_.group_opened(*this);
}

task_group::~task_group() {
    assert(size_ == 0);
    home_.group_closed(*this);
}

void task_group::spawn(task<> member, const char* name) {
    const auto coroutine = member.release();
    std::unique_ptr<fiber> f;
    try {
        f.reset(new fiber(home_, *this, coroutine, name));
        home_.fiber_started(*f);
    } catch (...) {
        coroutine.destroy();
        throw;
    }
    coroutine.promise().root_of(*f);
    f->is_cancelled_ = is_cancelled_;
    f->next_ = first_;
    if (first_) first_->previous_ = f.get();
    first_ = f.release();
    ++size_;
}

void task_group::cancel() noexcept {
    is_cancelled_ = true;
    for (fiber* f = first_; f; f = f->next_) f->cancel();
}

void task_group::fail(std::exception_ptr failure) noexcept {
    if (failure_) return;
    failure_ = std::move(failure);
    cancel();
    body_.cancel();
}

std::exception_ptr task_group::take_failure() noexcept {
    return std::exchange(failure_, nullptr);
}

void task_group::member_ended(fiber& member) noexcept {
    (member.previous_ ? member.previous_->next_ : first_) = member.next_;
    if (member.next_) member.next_->previous_ = member.previous_;
    --size_;
    using promise = task<>::promise_type;
    auto root = std::coroutine_handle<promise>::from_address(member.root_.address());
    std::exception_ptr failure = root.promise().take_failure();
    if (failure && !(member.is_cancelled_ && is_cancellation(failure))) {
        if (policy_ == on_failure::tell_observer)
            observer_->member_failed(std::move(failure));
        else
            fail(std::move(failure));
    }
    if (observer_) observer_->member_ended();
    if (size_ == 0 && joiner_) std::exchange(joiner_, nullptr)->resume_soon();
}

bool task_group::join_awaiter::begin(std::coroutine_handle<> coroutine, fiber& owner) noexcept {
    interruption_ = owner.interruption();
    if (interruption_) group_.cancel();
    if (group_.size_ == 0) {
        // The last may have ended in this very turn.
        group_.home_.bury_ended();
        return false;
    }
    group_.joiner_ = this;
    suspend(coroutine, owner);
    return true;
}

std::string task_group::join_awaiter::waits_for() const {
    return "the end of " + std::to_string(group_.size_) + " tasks";
}

void task_group::join_awaiter::await_resume() const {
    if (std::exception_ptr failure = group_.take_failure()) std::rethrow_exception(failure);
    if (interruption_) throw error::from_errno(interruption_, "join");
}

void task_group::join_awaiter::cancel() noexcept {
    interruption_ = fiber_->interruption();
    group_.cancel();
}

}  // namespace sockeye
