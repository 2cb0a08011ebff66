// Waiting for time to pass, and limits on how long other waits may take. All of it is the engine's
// time: in a simulation a timeout of a day costs nothing.
#pragma once

#include <chrono>
#include <utility>

#include "sockeye/runtime/awaitable.hpp"
#include "sockeye/runtime/loop.hpp"

namespace sockeye {

// `co_await sleep(1s)`; at most 66 us late, plus the time that others keep the loop. Throws `error`
// when cancelled.
class [[nodiscard]] sleep_awaiter final : public waiter, private timer {
  public:
    explicit sleep_awaiter(duration time) noexcept : timer(expired), time_(time) {}
    sleep_awaiter(sleep_awaiter&& other) noexcept : sleep_awaiter(other.time_) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        return begin(coroutine, coroutine.promise().owner());
    }
    void await_resume() const;

    void cancel() noexcept override;
    std::string waits_for() const override { return "sleep"; }

  private:
    static void expired(timer& t) noexcept;
    bool begin(std::coroutine_handle<> coroutine, fiber& owner);

    duration time_;
    int interruption_ = 0;
};

inline sleep_awaiter sleep(duration time) noexcept {
    return sleep_awaiter(time);
}

// Lets everything else that is ready run first.
inline sleep_awaiter yield() noexcept {
    return sleep_awaiter(duration(0));
}

// A scope that ends its fiber's waits once a deadline has passed.
class [[nodiscard]] deadline_scope : private timer {
  public:
    deadline_scope() noexcept : timer(expired) {}
    deadline_scope(fiber& owner, duration limit) noexcept : deadline_scope() {
        enter(owner, limit);
    }
    ~deadline_scope() { leave(); }

    void enter(fiber& owner, duration limit) noexcept;
    void leave() noexcept;

  private:
    static void expired(timer& t) noexcept;

    cancel_scope scope_{cancel_scope::kind::deadline};
    fiber* owner_ = nullptr;
};

// `auto scope = co_await deadline(5s);`: until `scope` ends, all waits of this fiber together may
// take five seconds; one that would go on longer throws an `error` with is_timeout().
class [[nodiscard]] deadline {
  public:
    explicit deadline(duration after) noexcept : after_(after) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        owner_ = &coroutine.promise().owner();
        return false;
    }
    deadline_scope await_resume() const noexcept { return deadline_scope(*owner_, after_); }

  private:
    duration after_;
    fiber* owner_ = nullptr;
};

// `auto shelter = co_await shield();`: until it ends, a cancellation or a deadline from outside
// does not end this fiber's waits. For farewells; limit them with a deadline of their own.
class [[nodiscard]] shield {
  public:
    class [[nodiscard]] scope {
      public:
        explicit scope(fiber& owner) noexcept { scope_.enter(owner); }

      private:
        cancel_scope scope_{cancel_scope::kind::shield};
    };

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        owner_ = &coroutine.promise().owner();
        return false;
    }
    scope await_resume() const noexcept { return scope(*owner_); }

  private:
    fiber* owner_ = nullptr;
};

// `co_await timeout(5s, client.recv())`: the same value, or an `error` with is_timeout(). What was
// under way has ended by then: no buffer of it is in use any more.
template <class Awaitable>
class [[nodiscard]] timed {
  public:
    timed(duration limit, Awaitable awaitable)
        : limit_(limit), awaitable_(std::move(awaitable)), awaiter_(awaiter_of(awaitable_)) {}
    timed(timed&& other)
        : limit_(other.limit_),
          awaitable_(std::move(other.awaitable_)),
          awaiter_(awaiter_of(awaitable_)) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        fiber& owner = coroutine.promise().owner();
        scope_.enter(owner, limit_);
        return awaiter_.await_suspend(coroutine);
    }
    decltype(auto) await_resume() {
        // Only after the awaiter has looked at why it ended.
        const leaving leave_at_end{scope_};
        return awaiter_.await_resume();
    }

  private:
    struct leaving {
        deadline_scope& scope;
        ~leaving() { scope.leave(); }
    };

    duration limit_;
    Awaitable awaitable_;
    awaiter_t<Awaitable> awaiter_;
    deadline_scope scope_;
};

template <class Awaitable>
timed<Awaitable> timeout(duration limit, Awaitable awaitable) {
    return timed<Awaitable>(limit, std::move(awaitable));
}

}  // namespace sockeye
