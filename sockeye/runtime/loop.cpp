#include "sockeye/runtime/loop.hpp"

#include <cassert>
#include <thread>

#include "sockeye/runtime/task_group.hpp"

namespace sockeye {

namespace {

thread_local loop* current_loop = nullptr;

// How long an ended loop lets the engine close what is still closing.
constexpr duration closing_time = std::chrono::seconds(6);

}  // namespace

void end_of_turn::leave() noexcept {
    previous_due_->next_due_ = next_due_;
    next_due_->previous_due_ = previous_due_;
    next_due_ = previous_due_ = this;
}

void end_of_turn::insert_before(end_of_turn& other) noexcept {
    next_due_ = &other;
    previous_due_ = other.previous_due_;
    previous_due_->next_due_ = this;
    other.previous_due_ = this;
}

bool loop::due_list::empty() const noexcept {
    return next_due_ == this;
}

loop& loop::current() noexcept {
    assert(current_loop);
    return *current_loop;
}

bool loop::has_current() noexcept {
    return current_loop != nullptr;
}

loop::loop(std::unique_ptr<sockeye::engine> engine, loop_options options)
    : engine_(std::move(engine)), options_(options), now_(engine_->now()), timers_(now_) {}

loop::~loop() {
    // What it posted may have ended this loop, while the poster has yet to wake it.
    while (__atomic_load_n(&posting_, __ATOMIC_ACQUIRE) != 0) std::this_thread::yield();
    posted_item* item = __atomic_exchange_n(&posted_, nullptr, __ATOMIC_ACQUIRE);
    while (item) delete std::exchange(item, item->next);
}

void loop::run(task<> main) {
    loop* const outer = std::exchange(current_loop, this);
    std::exception_ptr failure;
    root_.reset(new task_group);
    knows_now_ = false;
    try {
        root_->spawn(std::move(main), "main");
    } catch (...) {
        failure = std::current_exception();
    }
    while (root_->size() != 0) turn(time_point::max());
    if (!failure) failure = root_->take_failure();
    root_.reset();
    const time_point end = now() + closing_time;
    while ((engine_->busy() || background_) && now() < end) turn(end);
    current_loop = outer;
    if (failure) std::rethrow_exception(failure);
}

void loop::turn(time_point until) {
    loop* const outer = std::exchange(current_loop, this);
    ++counters_.turns;
    run_posted();
    timers_.advance(now());
    // What ended is gone, its arguments too, before anybody who waited for it goes on.
    bury_ended();
    run_ready();
    end_turn();
    bury_ended();
    const bool idle = ready_.empty() && due_.empty() &&
                      !__atomic_load_n(&posted_, __ATOMIC_ACQUIRE) &&
                      (!root_ || root_->size() != 0);
    // The wait may be long, and completions arrive inside it.
    knows_now_ = false;
    engine_->run_once(idle ? std::min(until, timers_.next()) : time_point::min(), options_.spin);
    bury_ended();
    current_loop = outer;
}

void loop::look_at_clock() noexcept {
    now_ = engine_->now();
    knows_now_ = true;
}

void loop::cancel_main() noexcept {
    if (root_) root_->cancel();
}

void loop::schedule(std::coroutine_handle<> coroutine) {
    ready_.push_back(coroutine);
}

void loop::run_ready() noexcept {
    // Only what is ready now: what becomes ready meanwhile waits for the next turn.
    std::swap(ready_, running_);
    for (const std::coroutine_handle<> coroutine : running_) resume(coroutine);
    running_.clear();
}

void loop::at_end_of_turn(end_of_turn& what) noexcept {
    if (what.next_due_ == &what) what.insert_before(due_);
}

void loop::end_turn() noexcept {
    // What becomes due meanwhile waits for the next turn.
    due_list now;
    if (!due_.empty()) {
        now.insert_before(due_);
        due_.leave();
    }
    while (!now.empty()) {
        end_of_turn& each = *now.next_due_;
        each.leave();
        each.turn_ended();
    }
}

void loop::enqueue(posted_item* item) noexcept {
    __atomic_fetch_add(&posting_, 1, __ATOMIC_RELAXED);
    posted_item* head = __atomic_load_n(&posted_, __ATOMIC_RELAXED);
    do item->next = head;
    while (!__atomic_compare_exchange_n(&posted_, &head, item, true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED));
    // Whoever made the list non-empty wakes the loop; the others find it woken.
    if (!head) engine_->wake();
    __atomic_fetch_sub(&posting_, 1, __ATOMIC_RELEASE);
}

void loop::run_posted() noexcept {
    posted_item* newest = __atomic_exchange_n(&posted_, nullptr, __ATOMIC_ACQUIRE);
    posted_item* oldest = nullptr;
    while (newest) {
        posted_item* next = newest->next;
        newest->next = std::exchange(oldest, newest);
        newest = next;
    }
    while (oldest) {
        std::unique_ptr<posted_item> item(std::exchange(oldest, oldest->next));
        ++counters_.posted;
        item->call();
    }
}

void loop::fiber_started(fiber& f) {
    ++counters_.tasks;
    schedule(f.root_);
}

// The coroutine is still on the stack of whoever resumed it: it is destroyed at the turn's end.
void loop::fiber_ended(fiber& f) noexcept {
    --counters_.tasks;
    f.group_.member_ended(f);
    f.next_ = std::exchange(ended_, &f);
}

void loop::bury_ended() noexcept {
    while (ended_) {
        std::unique_ptr<fiber> f(std::exchange(ended_, ended_->next_));
        f->root_.destroy();
    }
}

void loop::group_opened(task_group& group) noexcept {
    group.next_ = groups_;
    if (groups_) groups_->previous_ = &group;
    groups_ = &group;
}

void loop::group_closed(task_group& group) noexcept {
    (group.previous_ ? group.previous_->next_ : groups_) = group.next_;
    if (group.next_) group.next_->previous_ = group.previous_;
}

loop_counters loop::counters() const noexcept {
    loop_counters counters = counters_;
    counters.engine = engine_->counters();
    counters.timers = timers_.count();
    return counters;
}

std::vector<task_info> loop::tasks() const {
    std::vector<task_info> tasks;
    for (const task_group* group = groups_; group; group = group->next_) {
        for (const fiber* f = group->first_; f; f = f->next_)
            tasks.push_back({f->name(), f->waits_for()});
    }
    return tasks;
}

}  // namespace sockeye
