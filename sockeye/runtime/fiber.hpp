// One line of execution: a task that was spawned, with the tasks that it awaits one inside the
// other. At any moment a fiber runs, is ready, or waits for exactly one thing; to cancel it is to
// end that wait early.
#pragma once

#include <coroutine>
#include <cstdint>
#include <string>
#include <system_error>

#include "sockeye/runtime/timer_wheel.hpp"

namespace sockeye {

class loop;
class fiber;
class task_group;

// What a fiber waits for: a suspended coroutine, and how to wake it early.
class waiter {
  public:
    // Asks for an early end. The wait then ends through its ordinary way, later, never in this
    // call.
    virtual void cancel() noexcept = 0;
    // For the listing of live tasks: "recv from 127.0.0.1:40312", "sleep".
    virtual std::string waits_for() const = 0;

  protected:
    waiter() noexcept = default;
    waiter(const waiter&) noexcept {}  // only before it waits
    ~waiter() = default;

    // The fiber stops at `coroutine` and waits for this.
    void suspend(std::coroutine_handle<> coroutine, fiber& owner) noexcept;
    // Ends the wait: resumes at once (from the loop's own completions), or when the loop next
    // looks.
    void resume_now() noexcept;
    void resume_soon() noexcept;

    std::coroutine_handle<> coroutine_;
    fiber* fiber_ = nullptr;
};

// A stretch of a fiber's work that can be cancelled by itself, or sheltered. Scopes nest.
class cancel_scope {
  public:
    enum class kind : std::uint8_t {
        deadline,  // waits inside end with timed_out once it is cancelled
        group,     // waits inside end with operation_canceled once it is cancelled
        shield,    // what is cancelled outside is not felt inside
    };

    explicit cancel_scope(kind what) noexcept : kind_(what) {}
    cancel_scope(const cancel_scope&) = delete;
    cancel_scope& operator=(const cancel_scope&) = delete;
    ~cancel_scope() { leave(); }

    void enter(fiber& owner) noexcept;
    void leave() noexcept;
    // Every wait inside ends now, and no new one begins.
    void cancel() noexcept;
    bool is_cancelled() const noexcept { return is_cancelled_; }

  private:
    friend class fiber;
    cancel_scope* outer_ = nullptr;
    fiber* fiber_ = nullptr;
    kind kind_;
    bool is_cancelled_ = false;
};

class fiber {
  public:
    fiber(loop& home, task_group& group, std::coroutine_handle<> root, const char* name) noexcept
        : home_(home), group_(group), root_(root), name_(name) {}
    fiber(const fiber&) = delete;
    fiber& operator=(const fiber&) = delete;
    static void* operator new(std::size_t size);
    static void operator delete(void* memory, std::size_t size) noexcept;

    loop& home() const noexcept { return home_; }
    const char* name() const noexcept { return name_; }

    // Every wait ends with operation_canceled from now on, but those inside a shield. To be called
    // once or often, on the loop's thread.
    void cancel() noexcept;

    // Why a wait must not begin, or was ended early: nothing, a cancellation, or a deadline.
    // The value of `interruption()` is 0, ECANCELED or ETIMEDOUT.
    int interruption() const noexcept;

    std::string waits_for() const;

  private:
    friend class waiter;
    friend class cancel_scope;
    friend class task_group;
    friend class promise_base;
    friend class loop;

    void interrupt() noexcept;

    // In one cache line: what every wait touches.
    loop& home_;
    waiter* waiting_ = nullptr;
    cancel_scope* scope_ = nullptr;
    bool is_cancelled_ = false;

    task_group& group_;
    std::coroutine_handle<> root_;
    fiber* previous_ = nullptr;
    fiber* next_ = nullptr;
    const char* name_;
};

}  // namespace sockeye
