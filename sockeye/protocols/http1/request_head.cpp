#include "sockeye/protocols/http1/request_head.hpp"

#include <algorithm>
#include <utility>

#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

using checked = std::expected<void, protocol_error>;
using http::method;

// RFC 9112 section 3.2.2: http://host/path?query. What follows the authority, or nothing if the
// target has no such form.
std::optional<std::string_view> without_authority(std::string_view target, std::string_view& host) {
    std::size_t mark = target.find("://");
    if (mark == target.npos) return std::nullopt;
    std::string_view scheme = target.substr(0, mark);
    if (!http::equal_ignoring_case(scheme, "http") && !http::equal_ignoring_case(scheme, "https"))
        return std::nullopt;
    std::string_view rest = target.substr(mark + 3);
    host = rest.substr(0, rest.find_first_of("/?"));
    if (!is_host(host)) return std::nullopt;
    return rest.substr(host.size());
}

// RFC 9112 section 3.2: origin-form, absolute-form, and asterisk-form for OPTIONS.
checked split_target(request_head& head, std::size_t at) {
    std::string_view path = head.target;
    if (head.method == method::connect) return refuse(405, "method", "CONNECT is for proxies", 0);
    if (path == "*") {
        if (head.method != method::options)
            return refuse(400, "target", "* is for OPTIONS alone", at);
        head.path = path;
        return {};
    }
    if (path[0] != '/') {
        auto rest = without_authority(path, head.host);
        if (!rest) return refuse(400, "target", "neither /path nor http://host/path", at);
        path = *rest;
    }
    std::size_t mark = path.find('?');
    head.path = path.substr(0, mark);
    head.query = mark == path.npos ? std::string_view() : path.substr(mark + 1);
    if (head.path.empty()) head.path = "/";
    return {};
}

}  // namespace

void request_parser::start() noexcept {
    has_line_ = false;
    method_at_ = scanned_ = 0;
    fields_.start(0);
}

std::expected<progress, protocol_error> request_parser::parse(std::string_view block,
                                                              const head_limits& limits) {
    if (!has_line_) {
        // RFC 9112 section 2.2: an empty line in front is what old clients send behind a body.
        if (method_at_ == 0 && block.starts_with("\r\n")) method_at_ = 2;
        std::string_view window = block.substr(0, method_at_ + limits.max_start_line);
        std::size_t end = window.find('\n', std::max(scanned_, method_at_));
        scanned_ = static_cast<std::uint32_t>(window.size());
        if (end == window.npos && window.size() < method_at_ + limits.max_start_line)
            return progress::incomplete;
        if (end == window.npos)
            return refuse(414, "request line", "longer than the limit", window.size());
        if (end == method_at_ || window[end - 1] != '\r')
            return refuse(400, "request line", "LF without CR", end);
        checked parsed = parse_line(window.substr(method_at_, end - 1 - method_at_), method_at_);
        if (!parsed) return std::unexpected(parsed.error());
        has_line_ = true;
        fields_.start(end + 1);
    }
    return fields_.parse(block, limits.max_size, limits.max_fields);
}

// RFC 9112 section 3: method SP request-target SP HTTP-version, and no other white space.
request_parser::checked request_parser::parse_line(std::string_view line, std::size_t at) {
    const char* base = line.data();
    const char* end = base + line.size();
    const char* method_end = skip_token(base, end);
    auto position = [&](const char* place) { return at + static_cast<std::size_t>(place - base); };
    if (method_end == base || method_end == end || *method_end != ' ')
        return refuse(400, "method", "expected a token and one space", position(method_end));
    const char* target = method_end + 1;
    const char* target_end = skip_visible(target, end);
    if (target_end == end) return refuse(400, "request line", "no version", position(end));
    if (target_end == target || *target_end != ' ')
        return refuse(400, "target", "expected visible ASCII and one space", position(target_end));
    method_size_ = static_cast<std::uint32_t>(method_end - base);
    target_size_ = static_cast<std::uint32_t>(target_end - target);
    std::string_view target_text(target, target_size_);
    if (std::size_t mark = target_text.find('#'); mark != target_text.npos)
        return refuse(400, "target", "a fragment is not sent", position(target + mark));
    return parse_version({target_end + 1, end}, position(target_end + 1));
}

// RFC 9112 section 2.3: "HTTP/" DIGIT "." DIGIT, in upper case.
request_parser::checked request_parser::parse_version(std::string_view text, std::size_t at) {
    if (text.size() != 8 || !text.starts_with("HTTP/") || !is_digit(text[5]) || text[6] != '.' ||
        !is_digit(text[7]))
        return refuse(400, "version", "expected HTTP/ digit . digit", at);
    if (text[5] == '0') return refuse(400, "version", "HTTP/0.9 has no version", at);
    if (text[5] != '1') return refuse(505, "version", "only HTTP/1 is known", at);
    version_ = text[7] == '0' ? version::http_1_0 : version::http_1_1;
    return {};
}

request_parser::checked request_parser::finish(const char* text, request_head& head) {
    std::swap(head.headers, fields_.fields());
    head.headers.set_text(text);
    head.version = version_;
    head.method_text = {text + method_at_, method_size_};
    head.method = http::method_of(head.method_text);
    head.target = {text + method_at_ + method_size_ + 1, target_size_};
    head.host = head.query = {};
    checked split = split_target(head, method_at_ + method_size_ + 1);
    if (!split) return split;

    auto framing = framing::of(head.headers, version_, text);
    if (!framing) return std::unexpected(framing.error());
    // RFC 9112 section 3.2.
    if (framing->host_fields == 0 && version_ == version::http_1_1)
        return refuse(400, "Host", "missing", size());
    if (head.host.empty()) head.host = framing->host;
    head.content_length = framing->content_length;
    head.is_chunked = framing->is_chunked;
    head.keep_alive = framing->keep_alive;
    head.expects_continue = framing->expects_continue && head.has_body();
    head.upgrade = head.has_body() ? std::string_view() : framing->upgrade;
    return {};
}

}  // namespace sockeye::http1
