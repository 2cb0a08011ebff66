#include "sockeye/runtime/run.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <future>
#include <pthread.h>
#include <sched.h>
#include <thread>

#include "sockeye/core/error.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/signals.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye {

namespace {

thread_local std::span<loop* const> loops_of_this_run;

void pin_to_core(unsigned core) noexcept {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core % std::max(1u, std::thread::hardware_concurrency()), &cores);
    // A wish: a container may forbid that core.
    ::pthread_setaffinity_np(::pthread_self(), sizeof cores, &cores);
}

struct main_outcome {
    int signal = 0;          // that arrived first
    bool has_ended = false;  // by itself, be it after a signal
};

// Its end gives the signals back to the system, so that a second one kills.
task<> watch_signals(task_group* all, main_outcome* outcome) {
    signals stop{SIGINT, SIGTERM};
    outcome->signal = co_await stop.next();
    all->cancel();
}

task<> run_main(task_group* all, main_outcome* outcome, task<> main) {
    co_await main;
    outcome->has_ended = true;
    all->cancel();
}

task<> until_signal(task<> main, main_outcome* outcome) {
    task_group all;
    all.spawn(watch_signals(&all, outcome), "signals");
    all.spawn(run_main(&all, outcome, std::move(main)), "main");
    co_await all.join();
}

// The loops beside the first, each waiting on its thread for tasks from the others.
class loop_threads {
  public:
    loop_threads(const run_options& options, loop& first) : options_(options) {
        loops_.resize(std::max(1u, options.threads));
        loops_[0] = &first;
        try {
            for (unsigned i = 1; i < loops_.size(); ++i) start(i);
        } catch (...) {
            stop();
            throw;
        }
        loops_of_this_run = loops_;
    }
    ~loop_threads() { stop(); }

  private:
    void stop() noexcept {
        for (unsigned i = 1; i < loops_.size(); ++i) {
            if (loops_[i])
                loops_[i]->post([stops = loops_[i]]() noexcept { stops->cancel_main(); });
        }
        for (auto& thread : threads_) thread.join();
        loops_of_this_run = {};
    }

    static task<> wait_for_end() {
        channel<int> never(1);
        co_await never.recv();
    }

    void start(unsigned index) {
        std::promise<loop*> ready;
        auto started = ready.get_future();
        // The promise goes with the thread: it may still be at it when the loop has been got.
        threads_.emplace_back(
            [this, index, ready = std::move(ready)]() mutable { thread_main(index, ready); });
        loops_[index] = started.get();
    }

    void thread_main(unsigned index, std::promise<loop*>& ready) noexcept {
        if (options_.pin == pinning::one_core_each) pin_to_core(index);
        try {
            loop own(make_engine(options_.engine), {options_.spin});
            loops_of_this_run = loops_;
            own.post([&]() noexcept { ready.set_value(&own); });
            own.run(wait_for_end());
        } catch (...) {
            ready.set_exception(std::current_exception());
        }
    }

    run_options options_;
    std::vector<loop*> loops_;
    std::vector<std::thread> threads_;
};

int exit_status(const main_outcome& outcome, const std::exception_ptr& failure) {
    if (!failure) return outcome.has_ended ? 0 : 128 + outcome.signal;
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& reason) {
        std::fprintf(stderr, "%s\n", reason.what());
    } catch (...) {
        std::fprintf(stderr, "main threw what is no exception\n");
    }
    return 1;
}

// Signals are for the first loop's thread alone: the others, made while these are blocked, never
// take one.
class blocked_signals {
  public:
    blocked_signals() {
        sigset_t wanted;
        ::sigemptyset(&wanted);
        ::sigaddset(&wanted, SIGINT);
        ::sigaddset(&wanted, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &wanted, &before_);
        ::signal(SIGPIPE, SIG_IGN);
    }
    ~blocked_signals() { restore(); }
    void restore() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

  private:
    sigset_t before_;
};

}  // namespace

std::span<loop* const> all_loops() noexcept {
    return loops_of_this_run;
}

int run(task<> main, run_options options) {
    main_outcome outcome;
    std::exception_ptr failure;
    try {
        blocked_signals blocked;
        if (options.pin == pinning::one_core_each) pin_to_core(0);
        // The first loop outlives the others: their last posts may still be on their way.
        loop first(make_engine(options.engine), {options.spin});
        loop_threads threads(options, first);
        blocked.restore();
        first.run(until_signal(std::move(main), &outcome));
    } catch (...) {
        failure = std::current_exception();
    }
    return exit_status(outcome, failure);
}

namespace {

// Shared by both loops: a late cancellation must find it alive.
struct remote_work {
    loop* home;
    task_group* group = nullptr;  // of the other loop; null before and after
    bool is_cancelled = false;    // on the other loop's thread
    bool has_ended = false;       // by itself
    std::exception_ptr failure;
};

class remote_wait final : public waiter {
  public:
    remote_wait(loop& other, std::shared_ptr<remote_work> work, task<> body) noexcept
        : other_(other), work_(std::move(work)), body_(std::move(body)) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> coroutine) {
        suspend(coroutine, coroutine.promise().owner());
        other_.post([this]() noexcept {
            // From here on only the task on the other loop refers to this, until its last post.
            loop::current().root().spawn(remote_body(this, std::move(body_)), "run_on");
        });
        if (fiber_->interruption() != 0) cancel();
    }
    void await_resume() const {
        // Taken, not shared: the other thread may let go of `work_` at the same time.
        if (auto failure = std::exchange(work_->failure, nullptr)) std::rethrow_exception(failure);
        if (!work_->has_ended) throw error::from_errno(interruption_, "run_on");
    }

    void cancel() noexcept override {
        interruption_ = fiber_->interruption();
        other_.post([work = work_]() noexcept {
            work->is_cancelled = true;
            if (work->group) work->group->cancel();
        });
    }
    std::string waits_for() const override { return "a task on another loop"; }

  private:
    static task<> to_its_end(task<> body, std::shared_ptr<remote_work> work) {
        co_await std::move(body);
        work->has_ended = true;
    }
    static task<> remote_body(remote_wait* self, task<> body) {
        const std::shared_ptr<remote_work> work = self->work_;
        try {
            task_group group;
            work->group = &group;
            group.spawn(to_its_end(std::move(body), work), "run_on");
            if (work->is_cancelled) group.cancel();
            co_await group.join();
        } catch (...) {
            work->failure = std::current_exception();
        }
        work->group = nullptr;
        work->home->post([self]() noexcept { self->resume_now(); });
    }

    loop& other_;
    std::shared_ptr<remote_work> work_;
    task<> body_;
    int interruption_ = ECANCELED;
};

}  // namespace

task<> run_on(loop& other, task<> work) {
    auto shared = std::make_shared<remote_work>(&loop::current());
    remote_wait wait(other, std::move(shared), std::move(work));
    co_await wait;
}

}  // namespace sockeye
