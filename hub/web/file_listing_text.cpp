#include "hub/web/file_listing_text.hpp"

#include "hub/web/event_json.hpp"
#include "sockeye/core/percent.hpp"

namespace sockeye::hub {
namespace {

void append_escaped(std::string& out, std::string_view text) {
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
}

void append_entry(std::string& out, const file_entry& entry) {
    const file_info& info = entry.info;
    const bool is_file = entry.kind == file_entry::type::file;
    out += is_file ? "{\"type\":\"file\",\"path\":" : "{\"type\":\"directory\",\"path\":";
    append_json_string(out, info.path);
    if (is_file) {
        out += ",\"size\":" + std::to_string(info.size) + ",\"hash\":";
        append_json_string(out, info.hash);
        out += ",\"content_type\":";
        append_json_string(out, info.content_type);
        out += ",\"time\":\"";
        append_time(out, info.time);
        out += "\",\"id\":" + std::to_string(info.event_id);
    }
    out += '}';
}

std::string link_to(std::string_view path) {
    return "/files/" + percent_encode(path, percent_keep::path);
}

void append_row(std::string& out, const file_entry& entry, std::size_t prefix) {
    const bool is_file = entry.kind == file_entry::type::file;
    out += "<tr><td><a href=\"";
    append_escaped(out, link_to(entry.info.path));
    if (!is_file) out += '/';
    out += "\">";
    append_escaped(out, std::string_view(entry.info.path).substr(prefix));
    out += is_file ? "</a><td>" + std::to_string(entry.info.size) + "<td>" : "/</a><td><td>";
    if (is_file) append_time(out, entry.info.time);
    out += '\n';
}

}  // namespace

std::string listing_as_json(std::string_view directory, const file_listing& listing) {
    std::string out = "{\"path\":";
    append_json_string(out, directory);
    out += ",\"entries\":[";
    bool is_first = true;
    for (const file_entry& each : listing.entries) {
        if (!is_first) out += ",\n";
        is_first = false;
        append_entry(out, each);
    }
    out += ']';
    if (!listing.next.empty()) {
        out += ",\"next\":";
        append_json_string(out, listing.next);
    }
    out += "}\n";
    return out;
}

std::string listing_as_page(std::string_view directory, const file_listing& listing) {
    std::string title = "Files";
    if (!directory.empty()) title += " in " + std::string(directory);
    std::string out =
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
        "<link rel=\"stylesheet\" href=\"/hub.css\">\n<title>";
    append_escaped(out, title);
    out += "</title>\n<h1>";
    append_escaped(out, title);
    out += "</h1>\n<p><a href=\"/\">The hub</a></p>\n<table>\n";
    const std::size_t prefix = directory.empty() ? 0 : directory.size() + 1;
    for (const file_entry& each : listing.entries) append_row(out, each, prefix);
    out += "</table>\n";
    if (!listing.next.empty())
        out += "<p><a href=\"?after=" + percent_encode(listing.next) + "\">More</a></p>\n";
    out += "</html>\n";
    return out;
}

}  // namespace sockeye::hub
