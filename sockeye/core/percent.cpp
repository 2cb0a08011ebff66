#include "sockeye/core/percent.hpp"

#include "sockeye/core/hex_digit.hpp"

namespace sockeye {
namespace {

bool is_kept(char c, percent_keep keep) {
    if (is_unreserved(c)) return true;
    return keep == percent_keep::path && (is_sub_delimiter(c) || c == ':' || c == '@' || c == '/');
}

char upper_hex_digit(unsigned value) {
    return "0123456789ABCDEF"[value & 15];
}

}  // namespace

bool is_unreserved(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

bool is_sub_delimiter(char c) noexcept {
    constexpr std::string_view all = "!$&'()*+,;=";
    return all.find(c) != all.npos;
}

std::string percent_encode(std::string_view text, percent_keep keep) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (is_kept(c, keep)) {
            out += c;
            continue;
        }
        auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += upper_hex_digit(byte >> 4);
        out += upper_hex_digit(byte);
    }
    return out;
}

std::expected<std::string, parse_error> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        int low = high >= 0 ? hex_value(text[i + 2]) : -1;
        if (low < 0) return refuse("percent-encoding", "expected two hexadecimal digits", i);
        out += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace sockeye
