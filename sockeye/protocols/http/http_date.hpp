// Dates as HTTP writes them, RFC 9110 section 5.6.7.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace sockeye::http {

// Whole seconds of the system's clock, handed in: nothing here asks the time.
using date = std::chrono::sys_seconds;

// "Sun, 06 Nov 1994 08:49:37 GMT"
inline constexpr std::size_t date_size = 29;

// Writes exactly date_size characters. Years outside 0 to 9999 become the nearest of these.
void write_date(date time, char* out) noexcept;
std::string format_date(date time);

// All three forms that a recipient must know: IMF-fixdate, RFC 850's and asctime's. A two-digit
// year is one that is at most 50 years after `now`. The weekday must be a name of one, and not the
// right one. Nothing for a text in no such form, or a day that no calendar has.
std::optional<date> parse_date(std::string_view text, date now) noexcept;

}  // namespace sockeye::http
