// Lets a hash map of strings be asked with a view: no string is made for a look-up.
#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

namespace sockeye::hub {

// Use it with std::equal_to<>.
struct text_hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept {
        return std::hash<std::string_view>{}(text);
    }
};

}  // namespace sockeye::hub
