#include "sockeye/runtime/fiber.hpp"

#include <cassert>
#include <cerrno>

#include "sockeye/runtime/frame_allocator.hpp"
#include "sockeye/runtime/loop.hpp"

namespace sockeye {

void waiter::suspend(std::coroutine_handle<> coroutine, fiber& owner) noexcept {
    assert(!owner.waiting_);
    coroutine_ = coroutine;
    fiber_ = &owner;
    owner.waiting_ = this;
}

void waiter::resume_now() noexcept {
    fiber_->waiting_ = nullptr;
    fiber_->home_.resume(coroutine_);
}

void waiter::resume_soon() noexcept {
    fiber_->waiting_ = nullptr;
    fiber_->home_.schedule(coroutine_);
}

void cancel_scope::enter(fiber& owner) noexcept {
    fiber_ = &owner;
    outer_ = owner.scope_;
    owner.scope_ = this;
}

void cancel_scope::leave() noexcept {
    if (!fiber_) return;
    assert(fiber_->scope_ == this);
    fiber_->scope_ = outer_;
    fiber_ = nullptr;
}

void cancel_scope::cancel() noexcept {
    is_cancelled_ = true;
    if (fiber_) fiber_->interrupt();
}

void* fiber::operator new(std::size_t size) {
    return allocate_frame(size);
}
void fiber::operator delete(void* memory, std::size_t size) noexcept {
    free_frame(memory, size);
}

int fiber::interruption() const noexcept {
    for (const cancel_scope* scope = scope_; scope; scope = scope->outer_) {
        if (scope->kind_ == cancel_scope::kind::shield) return 0;
        if (!scope->is_cancelled_) continue;
        return scope->kind_ == cancel_scope::kind::deadline ? ETIMEDOUT : ECANCELED;
    }
    return is_cancelled_ ? ECANCELED : 0;
}

void fiber::cancel() noexcept {
    is_cancelled_ = true;
    interrupt();
}

void fiber::interrupt() noexcept {
    if (waiting_ && interruption() != 0) waiting_->cancel();
}

std::string fiber::waits_for() const {
    return waiting_ ? waiting_->waits_for() : "its turn";
}

}  // namespace sockeye
