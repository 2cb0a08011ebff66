// The parameters behind the `?` of a target.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockeye::hub {

// The values of `name` in "a=1&b=2&a=3", decoded. A `+` is a plus, as in topic filters, and no
// space. The reason in words when one is badly encoded.
std::expected<std::vector<std::string>, std::string> parameters(std::string_view query,
                                                                std::string_view name);

// A whole number from 0, as parameters and fields have it; nothing for any other text.
template <class Integer>
std::optional<Integer> whole_number(std::string_view text) {
    Integer value = 0;
    const char* end = text.data() + text.size();
    const auto [stopped, failure] = std::from_chars(text.data(), end, value);
    if (text.empty() || failure != std::errc() || stopped != end || value < 0) return std::nullopt;
    return value;
}

}  // namespace sockeye::hub
