#include "sockeye/core/host_port.hpp"

#include "sockeye/core/port.hpp"

namespace sockeye {
namespace {

constexpr std::size_t max_host = 253;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// Letters, digits and these. An interface's name may hold more than a host's.
std::expected<void, parse_error> check_host(std::string_view host, std::string_view marks) {
    if (host.size() > max_host) return refuse("host", "longer than 253 bytes", max_host);
    for (std::size_t i = 0; i < host.size(); ++i) {
        if (!is_letter_or_digit(host[i]) && marks.find(host[i]) == marks.npos)
            return refuse("host", "a character that no host name has", i);
    }
    return {};
}

}  // namespace

std::expected<host_port, parse_error> host_port::parse(std::string_view text) {
    bool in_brackets = text.starts_with('[');
    std::size_t host_at = in_brackets ? 1 : 0;
    std::size_t host_end = in_brackets ? text.find(']') : text.rfind(':');
    if (in_brackets && host_end == text.npos) return refuse("host", "no closing bracket");
    std::size_t colon = in_brackets ? host_end + 1 : host_end;
    if (colon >= text.size()) return refuse("port", "missing, as in localhost:12345", text.size());
    if (text[colon] != ':') return refuse("host", "expected a colon and a port", colon);

    std::string_view host = text.substr(host_at, host_end - host_at);
    bool has_colon = host.find(':') != host.npos;
    if (!in_brackets && has_colon)
        return refuse("host", "an IPv6 address needs brackets: [::1]:80");
    if (in_brackets && !has_colon) return refuse("host", "only IPv6 stands in brackets", host_at);
    if (!in_brackets && host == "*") host = {};
    auto checked = check_host(host, in_brackets ? ":.%-_" : ".-_");
    if (!checked) return std::unexpected(checked.error().shifted(host_at));
    auto port = parse_port(text.substr(colon + 1));
    if (!port) return std::unexpected(port.error().shifted(colon + 1));
    return host_port{std::string(host), *port};
}

std::string host_port::to_string() const {
    bool needs_brackets = host.find(':') != std::string::npos;
    std::string shown = needs_brackets ? "[" + host + "]" : host;
    return shown + ":" + std::to_string(port);
}

}  // namespace sockeye
