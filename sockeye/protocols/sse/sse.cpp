#include "sockeye/protocols/sse/sse.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sockeye::sse {
namespace {

constexpr std::string_view line_breaks = "\r\n";
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\n");
}

// One field for each line; CR LF, LF and CR all end one.
void append_lines(std::string& out, std::string_view name, std::string_view text) {
    for (;;) {
        std::size_t end = std::min(text.find_first_of(line_breaks), text.size());
        append_field(out, name, text.substr(0, end));
        if (end == text.size()) return;
        text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
}

}  // namespace

std::expected<shared_bytes, parse_error> encode(const outgoing_event& event) {
    if (std::size_t at = event.type.find_first_of(line_breaks); at != event.type.npos)
        return refuse("event type", "a line break", at);
    std::string out;
    out.reserve(event.data.size() + event.type.size() + event.id.value_or("").size() + 64);
    if (event.id) {
        constexpr std::string_view never("\r\n\0", 3);
        if (std::size_t at = event.id->find_first_of(never); at != event.id->npos)
            return refuse("event id", "a line break or NUL", at);
        append_field(out, "id", *event.id);
    }
    if (!event.type.empty()) append_field(out, "event", event.type);
    if (event.retry_ms) append_field(out, "retry", std::to_string(*event.retry_ms));
    append_lines(out, "data", event.data);
    out += '\n';
    return shared_bytes(out);
}

shared_bytes encode_comment(std::string_view text) {
    std::string out;
    append_lines(out, "", text);
    out += '\n';
    return shared_bytes(out);
}

std::expected<const incoming_event*, parse_error> decoder::next(bytes_view& input) {
    for (;;) {
        auto line = read_line(input);
        if (!line) return std::unexpected(line.error());
        if (*line == line_state::partial) return nullptr;
        std::string_view text = line_;
        if (is_first_line_ && text.starts_with(byte_order_mark)) text.remove_prefix(3);
        is_first_line_ = false;
        if (!text.empty()) {
            auto taken = take_field(text);
            line_.clear();
            if (!taken) return std::unexpected(taken.error());
            continue;
        }
        line_.clear();
        std::string type = std::exchange(type_, {});
        if (data_.empty()) continue;
        data_.pop_back();
        event_ = {last_id_, type.empty() ? "message" : std::move(type), std::exchange(data_, {})};
        return &event_;
    }
}

std::expected<decoder::line_state, parse_error> decoder::read_line(bytes_view& input) {
    if (skips_lf_ && !input.empty()) {
        skips_lf_ = false;
        if (input.text()[0] == '\n') {
            input = input.without_first(1);
            ++position_;
        }
    }
    if (input.empty()) return line_state::partial;
    std::string_view text = input.text();
    std::size_t end = std::min(text.find_first_of(line_breaks), text.size());
    if (end > limits_.max_line - std::min(line_.size(), limits_.max_line))
        return refuse("event", "a line is longer than the limit", position_);
    line_.append(text.substr(0, end));
    bool is_complete = end < text.size();
    skips_lf_ = is_complete && text[end] == '\r';
    input = input.without_first(is_complete ? end + 1 : end);
    position_ += is_complete ? end + 1 : end;
    return is_complete ? line_state::complete : line_state::partial;
}

std::expected<void, parse_error> decoder::take_field(std::string_view line) {
    std::size_t colon = std::min(line.find(':'), line.size());
    std::string_view name = line.substr(0, colon);
    std::string_view value = line.substr(std::min(colon + 1, line.size()));
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "data") {
        if (data_.size() + value.size() + 1 > limits_.max_event)
            return refuse("event", "its data is longer than the limit", position_);
        data_.append(value).push_back('\n');
    } else if (name == "event") {
        type_ = value;
    } else if (name == "id") {
        if (value.find('\0') == value.npos) last_id_ = value;
    } else if (name == "retry") {
        take_retry(value);
    }
    return {};
}

void decoder::take_retry(std::string_view digits) {
    std::uint32_t value = 0;
    const char* end = digits.data() + digits.size();
    auto [stop, failure] = std::from_chars(digits.data(), end, value);
    if (failure == std::errc() && stop == end) retry_ms_ = value;
}

}  // namespace sockeye::sse
