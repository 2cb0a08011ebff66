#include "sockeye/core/escape.hpp"

#include "sockeye/core/hex_digit.hpp"

namespace sockeye {
namespace {

bool needs_escape(char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '\\';
}

}  // namespace

std::string escape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (char c : text) {
        if (!needs_escape(c)) {
            out += c;
            continue;
        }
        auto byte = static_cast<unsigned char>(c);
        out += "\\x";
        out += hex_digit(byte >> 4);
        out += hex_digit(byte & 15);
    }
    return out;
}

std::expected<std::string, parse_error> unescape(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            out += text[i];
            continue;
        }
        int high = i + 3 < text.size() && text[i + 1] == 'x' ? hex_value(text[i + 2]) : -1;
        int low = high >= 0 ? hex_value(text[i + 3]) : -1;
        if (low < 0) return refuse("escape", "a backslash is written \\x5c", i);
        out += static_cast<char>(high * 16 + low);
        i += 3;
    }
    return out;
}

}  // namespace sockeye
