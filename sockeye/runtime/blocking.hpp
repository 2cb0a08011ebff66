// Functions that block, off the loop's thread.
#pragma once

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "sockeye/runtime/operations.hpp"

namespace sockeye {

// `co_await blocking(read_config)`: calls `f()` on the engine's bounded pool of threads (at most
// four) and gives what it returns, or throws what it threw. What `f` refers to must outlive the
// call: once it runs it cannot be cancelled, and is waited for. In a simulation it runs at once,
// and `cost` passes in virtual time.
//
// With g++ 12 a lambda that is written inside the co_await expression may capture by reference, or
// trivial values; others need a name of their own first (docs/guide/coroutines.md).
template <class F>
class [[nodiscard]] blocking_awaiter final : public operation_awaiter<blocking_operation> {
  public:
    using value_type = std::invoke_result_t<F&>;

    blocking_awaiter(F f, duration charge) : function_(std::move(f)) { this->cost = charge; }
    blocking_awaiter(blocking_awaiter&& other) = default;

    value_type await_resume() {
        this->outcome_or_throw("run a blocking function");
        if (failure_) std::rethrow_exception(std::move(failure_));
        if constexpr (!std::is_void_v<value_type>) return std::move(*value_);
    }
    std::string waits_for() const override { return "a blocking function"; }

  private:
    bool start() override {
        this->context = this;
        this->work = [](void* self) noexcept {
            static_cast<blocking_awaiter*>(self)->call();
            return std::int64_t{0};
        };
        return on().blocking(*this);
    }
    void call() noexcept {
        try {
            if constexpr (std::is_void_v<value_type>)
                function_();
            else
                value_.emplace(function_());
        } catch (...) {
            failure_ = std::current_exception();
        }
    }

    using stored = std::conditional_t<std::is_void_v<value_type>, char, value_type>;
    F function_;
    std::optional<stored> value_;
    std::exception_ptr failure_;
};

template <class F>
blocking_awaiter<F> blocking(F f, duration cost = duration(0)) {
    return blocking_awaiter<F>(std::move(f), cost);
}

}  // namespace sockeye
