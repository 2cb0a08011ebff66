// Waiting until a descriptor is ready, for those who bring their own.
#pragma once

#include "sockeye/runtime/operations.hpp"

namespace sockeye {

// `co_await poll_awaiter(h, POLLIN)`: the poll(2) events that hold. `what` is for the listing of
// live tasks and must outlive the wait. Throws `error`.
class [[nodiscard]] poll_awaiter final : public operation_awaiter<poll_operation> {
  public:
    poll_awaiter(handle h, short wanted, const char* what = "a descriptor") noexcept
        : handle_(h), what_(what) {
        events = wanted;
    }
    poll_awaiter(poll_awaiter&&) noexcept = default;

    short await_resume() { return static_cast<short>(outcome_or_throw("poll", what_)); }
    std::string waits_for() const override { return what_; }

  private:
    bool start() override { return on().poll(handle_, *this); }
    handle handle_;
    const char* what_;
};

}  // namespace sockeye
