// A bounded queue between the tasks of one loop.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "sockeye/core/fifo.hpp"
#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// Those who wait at one side of a channel, in the order in which they came.
class waiting_line {
  public:
    class place : public waiter {
      public:
        explicit place(waiting_line& line) noexcept : line_(line) {}
        place(place&& other) noexcept : line_(other.line_) {}
        void cancel() noexcept override;

      protected:
        ~place() = default;
        // Stands in line, or throws nothing and returns false when the fiber is interrupted. One
        // whose turn had come, but who found that another had been quicker, goes to the front.
        bool wait(std::coroutine_handle<> coroutine, fiber& owner) noexcept;
        // Throws `error` when the wait was ended by a deadline or a cancellation. A turn that comes
        // to a task which was cancelled meanwhile passes to the next.
        void check(const char* operation);

      private:
        friend class waiting_line;
        waiting_line& line_;
        place* next_ = nullptr;
        int interruption_ = 0;
        bool had_turn_ = false;
    };

    bool empty() const noexcept { return first_ == nullptr; }
    // Wakes the first, or all.
    void wake_one() noexcept;
    void wake_all() noexcept;

  private:
    void remove(place& who) noexcept;
    place* first_ = nullptr;
    place* last_ = nullptr;
};

// For tasks of one loop; from other threads, `loop::post` a function that sends. The channel must
// outlive every wait on it.
template <class T>
class channel {
  public:
    // Holds at most `capacity` values; at least 1.
    explicit channel(std::size_t capacity) : capacity_(capacity) { assert(capacity > 0); }
    channel(const channel&) = delete;
    channel& operator=(const channel&) = delete;

    // Waits while it is full. False when the channel is closed: the value is lost then.
    task<bool> send(T value) {
        turn mine(senders_, "send to channel");
        while (!is_closed_ && values_.size() >= capacity_) co_await mine;
        if (is_closed_) co_return false;
        put(std::move(value));
        co_return true;
    }
    // At once: false, and counted as dropped, when it is full or closed.
    bool try_send(T value) {
        if (is_closed_ || values_.size() >= capacity_) {
            ++dropped_;
            return false;
        }
        put(std::move(value));
        return true;
    }
    // The next value; nothing once the channel is closed and empty.
    task<std::optional<T>> recv() {
        turn mine(receivers_, "receive from channel");
        while (values_.empty() && !is_closed_) co_await mine;
        co_return take();
    }
    std::optional<T> try_recv() { return take(); }

    // No more values: senders get false, receivers what is left.
    void close() noexcept {
        is_closed_ = true;
        senders_.wake_all();
        receivers_.wake_all();
    }
    bool is_closed() const noexcept { return is_closed_; }
    std::size_t size() const noexcept { return values_.size(); }
    std::uint64_t dropped() const noexcept { return dropped_; }

  private:
    class turn final : public waiting_line::place {
      public:
        turn(waiting_line& line, const char* operation) noexcept
            : place(line), operation_(operation) {}
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
            return wait(coroutine, coroutine.promise().owner());
        }
        void await_resume() { check(operation_); }
        std::string waits_for() const override { return operation_; }

      private:
        const char* operation_;
    };

    void put(T value) {
        values_.push(std::move(value));
        receivers_.wake_one();
    }
    std::optional<T> take() {
        if (values_.empty()) return std::nullopt;
        std::optional<T> value(values_.pop());
        senders_.wake_one();
        return value;
    }

    fifo<T> values_;
    std::size_t capacity_;
    waiting_line senders_;
    waiting_line receivers_;
    std::uint64_t dropped_ = 0;
    bool is_closed_ = false;
};

}  // namespace sockeye
