#include "hub/web/event_json.hpp"

#include <charconv>
#include <chrono>

#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

template <class Number>
void append_number(std::string& out, Number value) {
    char digits[24];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    out.append(digits, end);
}

void append_padded(std::string& out, unsigned value, int width) {
    char digits[8];
    for (int i = width; i-- > 0; value /= 10) digits[i] = static_cast<char>('0' + value % 10);
    out.append(digits, static_cast<std::size_t>(width));
}

void append_escape(std::string& out, unsigned char c) {
    constexpr char hex[] = "0123456789abcdef";
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            out += "\\u00";
            out += hex[c >> 4];
            out += hex[c & 15];
    }
}

void append_file(std::string& out, const file_reference& file) {
    out += ",\"file\":{\"path\":";
    append_json_string(out, file.path);
    out += ",\"hash\":";
    append_json_string(out, file.hash);
    out += ",\"size\":";
    append_number(out, file.size);
    out += file.kind == file_reference::change::stored ? ",\"change\":\"stored\"}"
                                                       : ",\"change\":\"removed\"}";
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
        out.append(text, plain, i - plain);
        append_escape(out, c);
        plain = i + 1;
    }
    out.append(text, plain);
    out += '"';
}

void append_base64(std::string& out, bytes_view bytes) {
    constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const auto at = [&](std::size_t i) {
        return i < bytes.size() ? std::to_integer<unsigned>(bytes[i]) : 0u;
    };
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4 + 1);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const unsigned group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
        out += digits[group >> 18];
        out += digits[group >> 12 & 63];
        out += i + 1 < bytes.size() ? digits[group >> 6 & 63] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63] : '=';
    }
}

void append_time(std::string& out, event_time time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    append_padded(out, static_cast<unsigned>(static_cast<int>(date.year())), 4);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    append_padded(out, static_cast<unsigned>(date.day()), 2);
    out += 'T';
    append_padded(out, static_cast<unsigned>(clock.hours().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.minutes().count()), 2);
    out += ':';
    append_padded(out, static_cast<unsigned>(clock.seconds().count()), 2);
    out += '.';
    append_padded(out, static_cast<unsigned>(clock.subseconds().count()), 3);
    out += 'Z';
}

void append_event(std::string& out, const event& what) {
    out += "{\"id\":";
    append_number(out, what.id);
    out += ",\"topic\":";
    append_json_string(out, what.topic);
    out += ",\"time\":\"";
    append_time(out, what.time);
    out += "\",\"content_type\":";
    append_json_string(out, what.content_type);
    out += ",\"payload\":";
    const std::string_view payload = what.payload.view().text();
    if (is_utf8(payload)) {
        append_json_string(out, payload);
    } else {
        out += '"';
        append_base64(out, what.payload);
        out += "\",\"encoding\":\"base64\"";
    }
    if (what.retained == retain::yes) out += ",\"retain\":true";
    if (what.expires) {
        out += ",\"expires\":\"";
        append_time(out, *what.expires);
        out += '"';
    }
    if (!what.sender.empty()) {
        out += ",\"sender\":";
        append_json_string(out, what.sender);
    }
    if (what.file) append_file(out, *what.file);
    out += '}';
}

}  // namespace sockeye::hub
