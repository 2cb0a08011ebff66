// Time: the clock that deadlines are read from, and durations as people write them.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// Never jumps, and says nothing about the date. Whatever runs on an engine asks the engine for the
// time, which may be virtual, and never calls clock::now().
using clock = std::chrono::steady_clock;
using duration = std::chrono::nanoseconds;
using time_point = std::chrono::time_point<clock, duration>;

// The moment `time` after `now`: never before `now`, and the end of time where it would overflow.
constexpr time_point deadline_after(time_point now, duration time) noexcept {
    if (time <= duration::zero()) return now;
    return time < time_point::max() - now ? now + time : time_point::max();
}

// "250ms", "5s", "1.5h", "2m30s": numbers with a unit each, from the largest unit to the smallest
// (d, h, m, s, ms, us, ns). "0" needs no unit. Never negative; at most 292 years, what a duration
// holds. The last number may have a fraction.
std::expected<duration, parse_error> parse_duration(std::string_view text);

// The shortest text that parse_duration reads back exactly: "1.5s", "2m30s", "0s". A negative
// duration has a minus sign in front, for people.
std::string format_duration(duration time);

}  // namespace sockeye
