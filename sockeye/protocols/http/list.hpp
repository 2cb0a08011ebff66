// Comma-separated lists, RFC 9110 section 5.6.1.
#pragma once

#include <string_view>

namespace sockeye::http {

// Without the spaces and tabs at both ends.
constexpr std::string_view without_blanks(std::string_view text) noexcept {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Calls `element(text)` for each element, without the blanks around it, empty ones included, until
// one call returns false; false then. Not for lists whose elements may have quotes.
template <class Element>
bool for_each_element(std::string_view list, Element element) {
    for (;;) {
        std::size_t comma = list.find(',');
        if (!element(without_blanks(list.substr(0, comma)))) return false;
        if (comma == list.npos) return true;
        list.remove_prefix(comma + 1);
    }
}

}  // namespace sockeye::http
