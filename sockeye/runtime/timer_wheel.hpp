// A loop's timers, in user space: setting and cancelling one touches a list, never the kernel.
#pragma once

#include <cstdint>

#include "sockeye/core/clock.hpp"

namespace sockeye {

// One deadline, linked into its wheel while it is set. It must stay where it is meanwhile.
class timer {
  public:
    // Called on the loop's thread, once; the timer is not set any more, and may be set again or
    // end.
    using expiry = void (*)(timer&) noexcept;

    explicit timer(expiry on_expiry) noexcept : on_expiry_(on_expiry) {}
    timer(const timer&) = delete;
    timer& operator=(const timer&) = delete;

    bool is_set() const noexcept { return next_ != nullptr; }

  private:
    friend class timer_wheel;
    timer() noexcept : next_(this), previous_(this), on_expiry_(nullptr) {}
    void unlink() noexcept;

    timer* next_ = nullptr;
    timer* previous_ = nullptr;
    std::uint64_t tick_ = 0;
    expiry on_expiry_;
};

// A hierarchical wheel (Varghese and Lauck): eight levels of 64 slots, a tick of 2^16 ns (66 us).
// A timer never fires early, and at most one tick late.
class timer_wheel {
  public:
    explicit timer_wheel(time_point now) noexcept;
    timer_wheel(const timer_wheel&) = delete;
    timer_wheel& operator=(const timer_wheel&) = delete;

    // Moves a timer that is set already. A deadline that has passed fires at the next `advance`
    // that is at least one tick later.
    void set(timer& t, time_point deadline) noexcept;
    void cancel(timer& t) noexcept;
    // Fires what is due, in the order of the ticks.
    void advance(time_point now) noexcept;
    // No timer is due before; time_point::max() when none is set.
    time_point next() const noexcept;
    std::uint64_t count() const noexcept { return count_; }

  private:
    static constexpr unsigned tick_bits = 16;
    static constexpr unsigned slot_bits = 6;
    static constexpr unsigned slots = 1u << slot_bits;
    static constexpr unsigned levels = 8;

    struct place {
        unsigned level;
        unsigned slot;
    };
    place place_of(std::uint64_t tick) const noexcept;
    void insert(timer& t) noexcept;
    std::uint64_t start_of(place p) const noexcept;
    bool first_occupied(place& p) const noexcept;
    void empty_slot(place p) noexcept;

    timer heads_[levels][slots];
    std::uint64_t occupied_[levels] = {};
    std::uint64_t now_;  // in ticks; every timer that is set is later
    std::uint64_t count_ = 0;
};

}  // namespace sockeye
