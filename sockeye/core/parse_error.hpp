// What is wrong with a text that somebody typed: which part, where, and why.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace sockeye {

struct parse_error {
    const char* what = "";     // the part that is wrong, "port"; lives for ever
    const char* why = "";      // the reason, "above 65535"; lives for ever
    std::size_t position = 0;  // in bytes from the start of the text

    // The same error, seen from a longer text that has `n` bytes more in front.
    constexpr parse_error shifted(std::size_t n) const noexcept {
        return {what, why, position + n};
    }

    // For people, where the text is known: "bad port at byte 10: above 65535".
    std::string to_string() const;
    // For people: `bad port in "localhost:99999" at byte 10: above 65535`. The text is the one that
    // was parsed; long ones are cut, control characters are escaped.
    std::string in(std::string_view text) const;

    friend bool operator==(const parse_error& a, const parse_error& b) noexcept {
        return std::string_view(a.what) == b.what && std::string_view(a.why) == b.why &&
               a.position == b.position;
    }
};

// `return refuse("port", "above 65535", at);` from a function that returns std::expected.
constexpr std::unexpected<parse_error> refuse(const char* what, const char* why,
                                              std::size_t position = 0) noexcept {
    return std::unexpected(parse_error{what, why, position});
}

}  // namespace sockeye
