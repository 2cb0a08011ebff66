// A thread's event loop: it resumes what is ready, fires timers, and waits in its engine.
#pragma once

#include <coroutine>
#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "sockeye/engine/engine.hpp"
#include "sockeye/runtime/task.hpp"
#include "sockeye/runtime/timer_wheel.hpp"

namespace sockeye {

struct loop_options {
    // How long to spin for the next completion before sleeping: it costs a core, and saves the
    // 15 us or more that a sleeping one takes to wake.
    duration spin{0};
};

struct loop_counters {
    engine_counters engine;
    std::uint64_t turns = 0;
    std::uint64_t resumptions = 0;  // of coroutines
    std::uint64_t posted = 0;       // functions from other threads
    std::uint64_t timers = 0;       // gauge: timers set
    std::uint64_t tasks = 0;        // gauge: spawned tasks alive
};

struct task_info {
    std::string name;
    std::string waits_for;
};

// Something to do once at the end of the loop's turn, when everything that was ready has run. It
// may end before: then nothing is done.
class end_of_turn {
  public:
    end_of_turn() noexcept = default;
    end_of_turn(const end_of_turn&) = delete;
    end_of_turn& operator=(const end_of_turn&) = delete;
    virtual void turn_ended() noexcept = 0;

  protected:
    ~end_of_turn() { leave(); }

  private:
    friend class loop;
    void leave() noexcept;
    void insert_before(end_of_turn& other) noexcept;
    // In a circular list, with itself alone while it is not due.
    end_of_turn* next_due_ = this;
    end_of_turn* previous_due_ = this;
};

// Belongs to the thread that runs it. Only `post` and `wake` may be called from another.
class loop {
  public:
    explicit loop(std::unique_ptr<sockeye::engine> engine, loop_options options = {});
    ~loop();
    loop(const loop&) = delete;
    loop& operator=(const loop&) = delete;

    // The loop of this thread; only inside one.
    static loop& current() noexcept;
    static bool has_current() noexcept;

    // Runs `main` and all it spawned to the end, then lets the engine finish what it has under way.
    // Throws what `main` threw. On return no task of this loop is left.
    void run(task<> main);
    // One round: what is ready, due timers, and the engine, which waits if nothing is to do and
    // `until` allows it. For those who drive several loops by hand.
    void turn(time_point until);
    // Cancels `main` and whatever else runs at the loop's root; on the loop's thread.
    void cancel_main() noexcept;
    // Where tasks without a group of their own live, such as `main`. Only while the loop runs.
    task_group& root() noexcept { return *root_; }

    // The time when this turn began to do something: the same for all that runs in it. A limit that
    // must not end early is counted from `engine().now()`, since others may have taken long.
    time_point now() noexcept {
        if (!knows_now_) look_at_clock();
        return now_;
    }
    sockeye::engine& engine() noexcept { return *engine_; }
    timer_wheel& timers() noexcept { return timers_; }
    loop_counters counters() const noexcept;
    // Every live task, and what each waits for.
    std::vector<task_info> tasks() const;

    // From any thread: calls `f()` on the loop's thread, in the order of one poster's calls. What
    // is posted after the loop has ended is destroyed without a call. `f` must not throw.
    template <class F>
    void post(F f) {
        enqueue(new posted_function<F>(std::move(f)));
    }
    void wake() noexcept { engine_->wake(); }

    // Calls `turn_ended` once, however often it is asked for in a turn.
    void at_end_of_turn(end_of_turn& what) noexcept;

    // For awaiters.
    void schedule(std::coroutine_handle<> coroutine);
    void resume(std::coroutine_handle<> coroutine) noexcept {
        inline_budget_ = most_inline;
        ++counters_.resumptions;
        coroutine.resume();
    }
    // True while a coroutine may go on without a suspension; one that never has to wait would
    // otherwise keep the loop from everybody else.
    bool may_go_on() noexcept { return --inline_budget_ > 0; }
    void fiber_started(fiber& f);
    void fiber_ended(fiber& f) noexcept;
    // Destroys the frames of what has ended, arguments and all.
    void bury_ended() noexcept;
    // Work that belongs to no task, such as a closed stream's last output: the loop outlives it.
    void background_started() noexcept { ++background_; }
    void background_ended() noexcept { --background_; }
    void group_opened(task_group& group) noexcept;
    void group_closed(task_group& group) noexcept;

  private:
    static constexpr int most_inline = 64;

    struct posted_item {
        virtual ~posted_item() = default;
        virtual void call() noexcept = 0;
        posted_item* next = nullptr;
    };
    template <class F>
    struct posted_function final : posted_item {
        explicit posted_function(F&& f) : function(std::move(f)) {}
        void call() noexcept override { function(); }
        F function;
    };

    void enqueue(posted_item* item) noexcept;
    void run_posted() noexcept;
    void run_ready() noexcept;
    void look_at_clock() noexcept;
    void end_turn() noexcept;

    std::unique_ptr<sockeye::engine> engine_;
    loop_options options_;
    time_point now_;
    bool knows_now_ = true;
    timer_wheel timers_;
    std::vector<std::coroutine_handle<>> ready_;
    std::vector<std::coroutine_handle<>> running_;
    struct due_list final : end_of_turn {
        void turn_ended() noexcept override {}
        bool empty() const noexcept;
    };
    due_list due_;
    // Touched with atomic operations alone, from any thread.
    posted_item* posted_ = nullptr;
    unsigned posting_ = 0;  // threads inside `enqueue`
    fiber* ended_ = nullptr;
    task_group* groups_ = nullptr;
    std::unique_ptr<task_group> root_;
    int inline_budget_ = most_inline;
    unsigned background_ = 0;
    loop_counters counters_;
};

}  // namespace sockeye
