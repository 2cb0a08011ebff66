#include "sockeye/protocols/http/header_list.hpp"

namespace sockeye::http {
namespace {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
    return true;
}

std::optional<std::string_view> header_list::find(std::string_view name) const noexcept {
    for (header field : *this)
        if (equal_ignoring_case(field.name, name)) return field.value;
    return std::nullopt;
}

std::size_t header_list::count(std::string_view name) const noexcept {
    std::size_t found = 0;
    for (header field : *this) found += equal_ignoring_case(field.name, name);
    return found;
}

}  // namespace sockeye::http
