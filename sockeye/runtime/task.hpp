// task<T>: a coroutine that computes a T, begun when it is awaited.
#pragma once

#include <cassert>
#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "sockeye/runtime/fiber.hpp"
#include "sockeye/runtime/frame_allocator.hpp"

namespace sockeye {

template <class T>
class task;

// What every coroutine of the library carries: who waits for it, and which fiber it runs in.
class promise_base {
  public:
    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

    std::suspend_always initial_suspend() const noexcept { return {}; }
    auto final_suspend() const noexcept { return final_awaiter(); }
    void unhandled_exception() noexcept { failure_ = std::current_exception(); }

    fiber& owner() const noexcept { return *fiber_; }

    // Begins a child in its parent's fiber. False when it finished without waiting: then the parent
    // goes on in a loop of its own, and a million such children take no stack.
    static bool begin(std::coroutine_handle<> child, promise_base& promise,
                      std::coroutine_handle<> parent, fiber& owner) noexcept {
        assert(promise.stage_ == stage::created);  // a task is awaited once
        promise.fiber_ = &owner;
        promise.continuation_ = parent;
        promise.stage_ = stage::beginning;
        child.resume();
        if (promise.stage_ == stage::finished) return false;
        promise.stage_ = stage::suspended;
        return true;
    }
    // Makes it the outermost coroutine of a fiber.
    void root_of(fiber& owner) noexcept {
        fiber_ = &owner;
        stage_ = stage::suspended;
    }
    void rethrow_failure() {
        if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
    }
    std::exception_ptr take_failure() noexcept { return std::exchange(failure_, nullptr); }

  private:
    enum class stage : unsigned char { created, beginning, suspended, finished };

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            return self.promise().finish();
        }
        void await_resume() const noexcept {}
    };

    std::coroutine_handle<> finish() noexcept;

    fiber* fiber_ = nullptr;
    std::coroutine_handle<> continuation_;
    std::exception_ptr failure_;
    stage stage_ = stage::created;
};

template <class T>
class task_promise : public promise_base {
  public:
    task<T> get_return_object() noexcept;
    template <class Value>
        requires std::is_convertible_v<Value&&, T>
    void return_value(Value&& value) {
        value_.emplace(std::forward<Value>(value));
    }
    T take() {
        rethrow_failure();
        return std::move(*value_);
    }

  private:
    std::optional<T> value_;
};

template <>
class task_promise<void> : public promise_base {
  public:
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() { rethrow_failure(); }
};

// Move-only; owns the coroutine. Awaited at most once: `co_await echo(client)` runs it to its end
// in the caller's fiber and gives its value, or throws what it threw. One that is never awaited
// never runs.
//
// A task takes its arguments by value: they live as long as the coroutine does.
template <class T = void>
class [[nodiscard]] task {
  public:
    using promise_type = task_promise<T>;
    using value_type = T;

    task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            if (coroutine_) coroutine_.destroy();
            coroutine_ = std::exchange(other.coroutine_, nullptr);
        }
        return *this;
    }
    ~task() {
        if (coroutine_) coroutine_.destroy();
    }

    class awaiter {
      public:
        explicit awaiter(std::coroutine_handle<promise_type> child) noexcept : child_(child) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> parent) const noexcept {
            return promise_base::begin(child_, child_.promise(), parent, parent.promise().owner());
        }
        T await_resume() const { return child_.promise().take(); }

      private:
        std::coroutine_handle<promise_type> child_;
    };
    awaiter operator co_await() const noexcept {
        assert(coroutine_);
        return awaiter(coroutine_);
    }

    // The coroutine itself, for whoever runs it as a fiber's root and destroys it.
    std::coroutine_handle<promise_type> release() noexcept {
        return std::exchange(coroutine_, nullptr);
    }

  private:
    friend promise_type;
    explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : coroutine_(coroutine) {}
    std::coroutine_handle<promise_type> coroutine_;
};

template <class T>
task<T> task_promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> task_promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

}  // namespace sockeye
