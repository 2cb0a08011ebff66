#include "sockeye/protocols/http1/response_parser.hpp"

#include <utility>

#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

constexpr std::size_t reason_at = 13;  // behind "HTTP/1.1 200 "

std::unexpected<protocol_error> as_gateway(protocol_error error) {
    error.status = 502;
    return std::unexpected(error);
}

}  // namespace

void response_parser::start() noexcept {
    has_line_ = false;
    scanned_ = 0;
    fields_.start(0);
}

std::expected<progress, protocol_error> response_parser::parse(std::string_view block,
                                                               const head_limits& limits) {
    if (!has_line_) {
        std::string_view window = block.substr(0, limits.max_start_line);
        std::size_t end = window.find('\n', scanned_);
        scanned_ = window.size();
        if (end == window.npos && window.size() < limits.max_start_line)
            return progress::incomplete;
        if (end == window.npos)
            return refuse(502, "status line", "longer than the limit", window.size());
        if (end == 0 || window[end - 1] != '\r')
            return refuse(502, "status line", "LF without CR", end);
        auto parsed = parse_line(window.substr(0, end - 1));
        if (!parsed) return std::unexpected(parsed.error());
        has_line_ = true;
        fields_.start(end + 1);
    }
    auto parsed = fields_.parse(block, limits.max_size, limits.max_fields);
    if (!parsed) return as_gateway(parsed.error());
    return parsed;
}

// RFC 9112 section 4: HTTP-version SP 3DIGIT SP [ reason-phrase ]. Servers that leave out the last
// space are many, and nothing can be misread.
std::expected<void, protocol_error> response_parser::parse_line(std::string_view line) {
    bool has_shape = line.size() >= reason_at - 1 && line.starts_with("HTTP/1.") &&
                     is_digit(line[7]) && line[8] == ' ' && is_digit(line[9]) &&
                     is_digit(line[10]) && is_digit(line[11]) &&
                     (line.size() < reason_at || line[12] == ' ');
    if (!has_shape) return refuse(502, "status line", "expected HTTP/1.x, a status, a reason");
    version_ = line[7] == '0' ? version::http_1_0 : version::http_1_1;
    status_ =
        static_cast<unsigned>((line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0'));
    if (status_ < 100) return refuse(502, "status", "below 100", 9);
    const char* end = line.data() + line.size();
    const char* reason = line.size() > reason_at ? line.data() + reason_at : end;
    const char* stop = skip_value(reason, end);
    if (stop != end)
        return refuse(502, "reason", "a control character",
                      static_cast<std::size_t>(stop - line.data()));
    reason_size_ = static_cast<std::uint32_t>(end - reason);
    return {};
}

std::expected<void, protocol_error> response_parser::finish(const char* text, received_head& head) {
    std::swap(head.headers, fields_.fields());
    head.headers.set_text(text);
    head.version = version_;
    head.status = status_;
    head.reason = {text + reason_at, reason_size_};
    auto framing = framing::of(head.headers, version_, text);
    if (!framing) return as_gateway(framing.error());
    head.content_length = framing->content_length;
    head.is_chunked = framing->is_chunked;
    head.keep_alive = framing->keep_alive;
    return {};
}

}  // namespace sockeye::http1
