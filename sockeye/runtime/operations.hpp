// How a coroutine awaits one operation of the engine.
#pragma once

#include <coroutine>
#include <string>
#include <utility>

#include "sockeye/engine/engine.hpp"
#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// The part that is the same for all operations. It is moved only before it is awaited.
class operation_waiter : public waiter {
  public:
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        return begin(coroutine, coroutine.promise().owner());
    }
    void cancel() noexcept override { on().cancel(pending()); }

  protected:
    operation_waiter() noexcept = default;
    operation_waiter(operation_waiter&&) noexcept = default;
    ~operation_waiter() = default;

    // Starts it; true when it has finished already.
    virtual bool start() = 0;
    virtual operation& pending() noexcept = 0;

    engine& on() const noexcept { return fiber_->home().engine(); }
    // The result; a cancelled operation's is minus ETIMEDOUT where a deadline was the reason.
    std::int64_t outcome() noexcept;
    // The same, but throws `error` with this operation's name and peer when it is negative.
    std::int64_t outcome_or_throw(const char* name, const std::string& peer = {});

    void completed() noexcept { resume_now(); }

  private:
    bool begin(std::coroutine_handle<> coroutine, fiber& owner);
};

template <class Operation>
class operation_awaiter : public operation_waiter, protected Operation {
  protected:
    operation_awaiter() noexcept
        : Operation([](operation& op) noexcept {
              static_cast<operation_awaiter&>(static_cast<Operation&>(op)).completed();
          }) {}
    operation_awaiter(operation_awaiter&&) noexcept = default;
    ~operation_awaiter() = default;

    operation& pending() noexcept final { return *this; }
};

// Throws an `error` unless `result` is at least 0; gives it back then.
std::int64_t check(std::int64_t result, const char* operation, const std::string& peer = {});

}  // namespace sockeye
