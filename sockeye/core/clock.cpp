#include "sockeye/core/clock.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace sockeye {
namespace {

struct unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};
constexpr std::uint64_t second = 1'000'000'000;
constexpr std::array<unit, 7> units = {{{"d", 86'400 * second},
                                        {"h", 3'600 * second},
                                        {"m", 60 * second},
                                        {"s", second},
                                        {"ms", 1'000'000},
                                        {"us", 1'000},
                                        {"ns", 1}}};
constexpr auto longest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

std::string_view take_while(std::string_view text, bool (*belongs)(char)) {
    std::size_t n = 0;
    while (n < text.size() && belongs(text[n])) ++n;
    return text.substr(0, n);
}

// The number `digits` times `scale`, or more than `longest` when it does not fit.
std::uint64_t scaled(std::string_view digits, std::uint64_t scale) {
    std::uint64_t value = 0;
    for (char c : digits) {
        value = value * 10 + static_cast<std::uint64_t>(c - '0');
        if (value > longest / scale) return longest + 1;
    }
    return value * scale;
}

// The digits behind the point, as nanoseconds. What is finer than a nanosecond is cut; ten divides
// every unit often enough for the digits before that to be exact.
std::uint64_t scaled_fraction(std::string_view digits, std::uint64_t scale) {
    std::uint64_t value = 0;
    for (char c : digits) {
        value += scale / 10 * static_cast<std::uint64_t>(c - '0');
        scale /= 10;
    }
    return value;
}

}  // namespace

std::expected<duration, parse_error> parse_duration(std::string_view text) {
    if (text.empty()) return refuse("duration", "empty");
    if (text == "0") return duration::zero();
    std::uint64_t total = 0;
    std::size_t at = 0;
    std::size_t next_unit = 0;
    bool had_fraction = false;
    while (at < text.size()) {
        if (had_fraction) return refuse("duration", "a fraction must come last", at);
        std::string_view whole = take_while(text.substr(at), is_digit);
        if (whole.empty()) return refuse("duration", "expected a number, as in 250ms", at);
        std::size_t after = at + whole.size();
        std::string_view fraction;
        if (after < text.size() && text[after] == '.') {
            fraction = take_while(text.substr(after + 1), is_digit);
            if (fraction.empty()) return refuse("duration", "no digit after the point", after + 1);
            after += 1 + fraction.size();
            had_fraction = true;
        }
        std::string_view name =
            take_while(text.substr(after), [](char c) { return c != '.' && !is_digit(c); });
        std::size_t i = next_unit;
        while (i < units.size() && units[i].name != name) ++i;
        if (i == units.size())
            return refuse("unit", "expected d, h, m, s, ms, us or ns, the larger first", after);
        std::uint64_t part = scaled(whole, units[i].nanoseconds);
        if (part > longest) return refuse("duration", "longer than 292 years", at);
        part += scaled_fraction(fraction, units[i].nanoseconds);
        if (part > longest - total) return refuse("duration", "longer than 292 years", at);
        total += part;
        next_unit = i + 1;
        at = after + name.size();
    }
    return duration(static_cast<std::int64_t>(total));
}

namespace {

// Seconds and below as one number with a fraction: "1.5s", "250us".
std::string format_below_minute(std::uint64_t nanoseconds) {
    std::size_t i = 3;
    while (i + 1 < units.size() && nanoseconds < units[i].nanoseconds) ++i;
    std::uint64_t scale = units[i].nanoseconds;
    std::string text = std::to_string(nanoseconds / scale);
    std::uint64_t rest = nanoseconds % scale;
    if (rest != 0) text += '.';
    while (rest != 0) {
        scale /= 10;
        text += static_cast<char>('0' + rest / scale);
        rest %= scale;
    }
    text += units[i].name;
    return text;
}

}  // namespace

std::string format_duration(duration time) {
    if (time == duration::zero()) return "0s";
    std::string text = time < duration::zero() ? "-" : "";
    auto rest = static_cast<std::uint64_t>(time.count());
    if (time < duration::zero()) rest = 0 - rest;
    for (std::size_t i = 0; i < 3; ++i) {
        std::uint64_t whole = rest / units[i].nanoseconds;
        if (whole != 0) text.append(std::to_string(whole)).append(units[i].name);
        rest %= units[i].nanoseconds;
    }
    if (rest != 0) text += format_below_minute(rest);
    return text;
}

}  // namespace sockeye
