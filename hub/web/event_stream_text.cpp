#include "hub/web/event_stream_text.hpp"

#include <charconv>

#include "hub/web/event_json.hpp"

namespace sockeye::hub {

void append_stream_event(std::string& out, const event& what, stream_place place) {
    if (place == stream_place::in_order) {
        out += "id: ";
        out += std::to_string(what.id);
        out += '\n';
    }
    out += "data: ";
    append_event(out, what);  // JSON has no line breaks
    out += "\n\n";
}

void append_stream_position(std::string& out, std::int64_t id) {
    out += ":\nid: ";
    out += std::to_string(id);
    out += "\n\n";
}

void append_stream_gap(std::string& out, std::int64_t since, std::int64_t pruned_up_to) {
    out += "event: gap\ndata: {\"since\":";
    out += std::to_string(since);
    out += ",\"pruned_up_to\":";
    out += std::to_string(pruned_up_to);
    out += "}\n\n";
}

std::string as_chunk(std::string_view text) {
    char digits[16];
    const auto end = std::to_chars(digits, digits + sizeof digits, text.size(), 16).ptr;
    std::string chunk;
    chunk.reserve(text.size() + sizeof digits + 4);
    chunk.append(digits, end);
    chunk += "\r\n";
    chunk += text;
    chunk += "\r\n";
    return chunk;
}

}  // namespace sockeye::hub
