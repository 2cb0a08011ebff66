#include "sockeye/runtime/timer_wheel.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace sockeye {

namespace {

std::uint64_t nanoseconds_of(time_point t) noexcept {
    return static_cast<std::uint64_t>(
        std::max<duration>(t.time_since_epoch(), duration(0)).count());
}

}  // namespace

void timer::unlink() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
}

timer_wheel::timer_wheel(time_point now) noexcept : now_(nanoseconds_of(now) >> tick_bits) {}

// The highest digit in which a deadline differs from now decides the level. All higher digits are
// equal, so the slots of a level are in use only behind now's own, and never wrap around.
timer_wheel::place timer_wheel::place_of(std::uint64_t tick) const noexcept {
    const auto highest_bit = static_cast<unsigned>(std::bit_width(tick ^ now_)) - 1;
    const unsigned level = highest_bit / slot_bits;
    return {level, static_cast<unsigned>(tick >> (level * slot_bits)) & (slots - 1)};
}

void timer_wheel::insert(timer& t) noexcept {
    const place p = place_of(t.tick_);
    timer& head = heads_[p.level][p.slot];
    t.previous_ = head.previous_;
    t.next_ = &head;
    head.previous_->next_ = &t;
    head.previous_ = &t;
    occupied_[p.level] |= std::uint64_t{1} << p.slot;
}

void timer_wheel::set(timer& t, time_point deadline) noexcept {
    cancel(t);
    constexpr std::uint64_t round_up = (std::uint64_t{1} << tick_bits) - 1;
    // The end of time, rounded up, would be no time_point any more.
    constexpr std::uint64_t last =
        static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> tick_bits;
    const std::uint64_t tick = std::min((nanoseconds_of(deadline) + round_up) >> tick_bits, last);
    t.tick_ = std::max(tick, now_ + 1);
    insert(t);
    ++count_;
}

void timer_wheel::cancel(timer& t) noexcept {
    if (!t.is_set()) return;
    timer* next = t.next_;
    t.unlink();
    --count_;
    // The last of its slot: `next` is the slot's head, alone.
    if (next->next_ != next) return;
    const auto index = static_cast<unsigned>(next - &heads_[0][0]);
    occupied_[index / slots] &= ~(std::uint64_t{1} << (index % slots));
}

bool timer_wheel::first_occupied(place& p) const noexcept {
    for (unsigned level = 0; level < levels; ++level) {
        if (!occupied_[level]) continue;
        p = {level, static_cast<unsigned>(std::countr_zero(occupied_[level]))};
        return true;
    }
    return false;
}

std::uint64_t timer_wheel::start_of(place p) const noexcept {
    const unsigned shift = p.level * slot_bits;
    const std::uint64_t above = shift + slot_bits < 64 ? now_ >> (shift + slot_bits) : 0;
    return (above << slot_bits | p.slot) << shift;
}

void timer_wheel::advance(time_point now) noexcept {
    const std::uint64_t target = nanoseconds_of(now) >> tick_bits;
    place p;
    while (first_occupied(p)) {
        const std::uint64_t start = start_of(p);
        if (start > target) break;
        now_ = start;
        empty_slot(p);
    }
    now_ = std::max(now_, target);
}

// Level 0 fires; what is in a higher level moves down, nearer to its time. A timer on the very tick
// that the slot starts with would have no place below, so it fires here.
void timer_wheel::empty_slot(place p) noexcept {
    timer& head = heads_[p.level][p.slot];
    while (head.next_ != &head) {
        timer& t = *head.next_;
        t.unlink();
        if (t.tick_ > now_) {
            insert(t);
            continue;
        }
        --count_;
        t.on_expiry_(t);
    }
    occupied_[p.level] &= ~(std::uint64_t{1} << p.slot);
}

time_point timer_wheel::next() const noexcept {
    place p;
    if (!first_occupied(p)) return time_point::max();
    return time_point(duration(static_cast<std::int64_t>(start_of(p) << tick_bits)));
}

}  // namespace sockeye
