// One hexadecimal digit, either way.
#pragma once

namespace sockeye {

// The digit of a value from 0 to 15, in lower case.
constexpr char hex_digit(unsigned value) noexcept {
    return "0123456789abcdef"[value & 15];
}

// The value of a digit of either case; -1 for every other character.
constexpr int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace sockeye
