// Tasks that live together: a group is joined on every path out of the scope that made it.
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// What a failing member does to the others.
enum class on_failure : unsigned char {
    cancel_group,   // they are cancelled, and the join throws the first failure
    tell_observer,  // nothing; the group's observer is told
};

// Made by `with_group` alone. Everything in it is to be used on its loop's thread.
class task_group {
  public:
    class observer {
      public:
        virtual void member_failed(std::exception_ptr failure) noexcept = 0;
        // After every member, failed or not.
        virtual void member_ended() noexcept = 0;

      protected:
        ~observer() = default;
    };

    // Starts `f(args...)` as a member, when the loop next looks. The arguments are copied or moved
    // in. `f` is a function, or a lambda without captures: a capture would die with the lambda
    // while the coroutine still used it.
    template <class F, class... Args>
    void spawn(F f, Args&&... args) {
        static_assert(std::is_empty_v<F> || std::is_pointer_v<F>,
                      "spawn takes functions and lambdas without captures: pass what they need as "
                      "arguments");
        spawn(f(std::decay_t<Args>(std::forward<Args>(args))...));
    }
    // Starts a task that nobody has awaited yet; its value is dropped. `name` is for the listing of
    // live tasks, and must outlive it.
    void spawn(task<> member, const char* name = "task");

    // Cancels all members, and those that are still to be spawned. They have to be waited for all
    // the same.
    void cancel() noexcept;
    std::size_t size() const noexcept { return size_; }

    // From now on a failing member is told to `who` and harms no other.
    void observe(observer& who) noexcept {
        policy_ = on_failure::tell_observer;
        observer_ = &who;
    }

    // Waits until no member is left; then throws the first failure, if there was one. A member that
    // was cancelled and ended because of it has not failed. If the waiting fiber is interrupted,
    // the group is cancelled, the wait goes on, and ends with that `error`.
    auto join() noexcept { return join_awaiter(*this); }

    task_group();
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // For `with_group`: from now on a member's failure ends the waits of the awaiting fiber too, so
    // that the body learns of it; until `body_ended`.
    auto body_begins() noexcept { return body_awaiter(*this); }
    void body_ended() noexcept { body_.leave(); }

    // For the loop.
    void member_ended(fiber& member) noexcept;
    void fail(std::exception_ptr failure) noexcept;
    std::exception_ptr take_failure() noexcept;

  private:
    friend class loop;

    class join_awaiter final : public waiter {
      public:
        explicit join_awaiter(task_group& group) noexcept : group_(group) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
            return begin(coroutine, coroutine.promise().owner());
        }
        void await_resume() const;

        void cancel() noexcept override;
        std::string waits_for() const override;
        using waiter::resume_soon;

      private:
        bool begin(std::coroutine_handle<> coroutine, fiber& owner) noexcept;
        task_group& group_;
        int interruption_ = 0;
    };

    class body_awaiter {
      public:
        explicit body_awaiter(task_group& group) noexcept : group_(group) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> coroutine) const noexcept {
            group_.body_.enter(coroutine.promise().owner());
            return false;
        }
        void await_resume() const noexcept {}

      private:
        task_group& group_;
    };

    loop& home_;
    fiber* first_ = nullptr;
    std::size_t size_ = 0;
    join_awaiter* joiner_ = nullptr;
    std::exception_ptr failure_;
    on_failure policy_ = on_failure::cancel_group;
    observer* observer_ = nullptr;
    cancel_scope body_{cancel_scope::kind::group};
    bool is_cancelled_ = false;
    task_group* previous_ = nullptr;
    task_group* next_ = nullptr;
};

// Runs `body(group, args...)`, then waits for every task that was spawned in the group, however the
// body ended. The first failure, the body's or a member's, cancels the others and is thrown.
//
//   co_await with_group([](task_group& group, stream a, stream b) -> task<> { ... }, a, b);
//
// `body` is a function or a lambda without captures.
template <class Body, class... Args>
task<> with_group(Body body, Args... args) {
    static_assert(std::is_empty_v<Body> || std::is_pointer_v<Body>,
                  "with_group takes functions and lambdas without captures");
    task_group group;
    co_await group.body_begins();
    try {
        co_await body(group, std::move(args)...);
    } catch (...) {
        group.fail(std::current_exception());
    }
    group.body_ended();
    co_await group.join();
}

}  // namespace sockeye
