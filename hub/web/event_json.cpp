#include "hub/web/event_json.hpp"

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

using nlohmann::ordered_json;

// A content type may hold bytes that are no UTF-8: they become U+FFFD.
std::string text_of(const ordered_json& value) {
    return value.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

ordered_json json_of(const file_reference& file) {
    const bool is_stored = file.kind == file_reference::change::stored;
    return {{"path", file.path},
            {"hash", file.hash},
            {"size", file.size},
            {"change", is_stored ? "stored" : "removed"}};
}

std::string time_text(event_time time) {
    std::string text;
    append_time(text, time);
    return text;
}

std::string base64_text(bytes_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += text_of(text);
}

void append_base64(std::string& out, bytes_view bytes) {
    const std::size_t before = out.size();
    // One more for the NUL that OpenSSL writes behind.
    out.resize(before + (bytes.size() + 2) / 3 * 4 + 1);
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data());
    auto* to = reinterpret_cast<unsigned char*>(out.data() + before);
    ::EVP_EncodeBlock(to, from, static_cast<int>(bytes.size()));
    out.pop_back();
}

void append_time(std::string& out, event_time time) {
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    char text[32];
    const int size = std::snprintf(
        text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
    out.append(text, static_cast<std::size_t>(size));
}

void append_event(std::string& out, const event& what) {
    ordered_json line = {{"id", what.id},
                         {"topic", what.topic},
                         {"time", time_text(what.time)},
                         {"content_type", what.content_type}};
    const std::string_view payload = what.payload.view().text();
    if (is_utf8(payload)) {
        line["payload"] = payload;
    } else {
        line["payload"] = base64_text(what.payload);
        line["encoding"] = "base64";
    }
    if (what.retained == retain::yes) line["retain"] = true;
    if (what.expires) line["expires"] = time_text(*what.expires);
    if (!what.sender.empty()) line["sender"] = what.sender;
    if (what.file) line["file"] = json_of(*what.file);
    out += text_of(line);
}

}  // namespace sockeye::hub
