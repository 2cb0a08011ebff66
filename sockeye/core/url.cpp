#include "sockeye/core/url.hpp"

#include <array>
#include <span>

#include "sockeye/core/hex_digit.hpp"
#include "sockeye/core/ip_text.hpp"
#include "sockeye/core/percent.hpp"
#include "sockeye/core/port.hpp"

namespace sockeye {
namespace {

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_scheme_mark(char c) {
    return c == '+' || c == '-' || c == '.' || (c >= '0' && c <= '9');
}

// What each part may hold beside unreserved characters, sub-delimiters and percent-encoding.
constexpr std::string_view in_userinfo = ":";
constexpr std::string_view in_host = "";
constexpr std::string_view in_path = ":@/";
constexpr std::string_view in_query = ":@/?";

struct default_port {
    std::string_view scheme;
    std::uint16_t port;
};
constexpr std::array<default_port, 8> default_ports = {{{"http", 80},
                                                        {"https", 443},
                                                        {"ws", 80},
                                                        {"wss", 443},
                                                        {"ftp", 21},
                                                        {"ftps", 990},
                                                        {"mqtt", 1883},
                                                        {"mqtts", 8883}}};

}  // namespace

using reading = std::expected<void, parse_error>;

// Goes through the text once, from left to right, in the order of section 3.
class url_reader {
  public:
    explicit url_reader(std::string_view text) { url_.text_ = text; }

    std::expected<url, parse_error> read() {
        reading done = read_scheme();
        if (done && rest().starts_with("//")) done = read_authority();
        if (done) done = read_path();
        if (done && rest().starts_with('?')) done = read_tail(url_.query_, "query", "#");
        if (done && rest().starts_with('#')) done = read_tail(url_.fragment_, "fragment", "");
        if (!done) return std::unexpected(done.error());
        return std::move(url_);
    }

  private:
    std::string_view rest() const { return std::string_view(url_.text_).substr(at_); }
    // What comes before any of `ends`, or everything.
    std::string_view before(std::string_view ends) const {
        return rest().substr(0, rest().find_first_of(ends));
    }
    static url::part place(std::size_t at, std::size_t size) {
        return {static_cast<std::uint16_t>(at), static_cast<std::uint16_t>(size), true};
    }
    void lower(url::part p) {
        for (char& c : std::span(url_.text_).subspan(p.at, p.size))
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }

    // Every character of a part is one it may hold.
    static reading check(std::string_view part, const char* name, std::string_view also,
                         std::size_t at) {
        for (std::size_t i = 0; i < part.size(); ++i) {
            char c = part[i];
            if (is_unreserved(c) || is_sub_delimiter(c) || also.find(c) != also.npos) continue;
            if (c != '%') return refuse(name, "a character that must be percent-encoded", at + i);
            if (i + 2 >= part.size() || hex_value(part[i + 1]) < 0 || hex_value(part[i + 2]) < 0)
                return refuse(name, "expected two hexadecimal digits after %", at + i);
            i += 2;
        }
        return {};
    }

    reading read_scheme() {
        std::size_t colon = rest().find(':');
        if (colon == std::string_view::npos) return refuse("URL", "no scheme, as in https://", 0);
        if (!is_letter(rest()[0])) return refuse("scheme", "starts with no letter", 0);
        for (std::size_t i = 0; i < colon; ++i) {
            if (!is_letter(rest()[i]) && !is_scheme_mark(rest()[i]))
                return refuse("scheme", "a character that no scheme has", i);
        }
        url_.scheme_ = place(0, colon);
        lower(url_.scheme_);
        at_ = colon + 1;
        return {};
    }

    reading read_authority() {
        at_ += 2;
        std::size_t end = at_ + before("/?#").size();
        std::string_view authority = before("/?#");
        std::size_t sign = authority.find('@');
        if (sign != authority.npos) {
            url_.userinfo_ = place(at_, sign);
            auto checked = check(authority.substr(0, sign), "userinfo", in_userinfo, at_);
            if (!checked) return checked;
            at_ += sign + 1;
        }
        reading done = rest().starts_with('[') ? read_ipv6_host(end) : read_named_host();
        if (!done) return done;
        lower(url_.host_);
        if (at_ < end) done = read_port(end);
        if (!done) return done;
        bool has_more = url_.userinfo_.is_there || url_.port_;
        if (url_.host_.size == 0 && has_more) return refuse("host", "missing", url_.host_.at);
        at_ = end;
        return {};
    }

    reading read_ipv6_host(std::size_t end) {
        std::string_view in_brackets = rest().substr(1, end - at_ - 1);
        std::size_t closing = in_brackets.find(']');
        if (closing == in_brackets.npos) return refuse("host", "no closing bracket", at_);
        auto ip = parse_ipv6_text(in_brackets.substr(0, closing));
        if (!ip) return std::unexpected(ip.error().shifted(at_ + 1));
        url_.host_ = place(at_ + 1, closing);
        url_.host_is_ipv6_ = true;
        at_ += closing + 2;
        if (at_ < end && rest()[0] != ':') return refuse("host", "expected : or / after ]", at_);
        return {};
    }

    reading read_named_host() {
        std::string_view host = before(":/?#");
        url_.host_ = place(at_, host.size());
        auto checked = check(host, "host", in_host, at_);
        at_ += host.size();
        return checked;
    }

    // At the colon. Section 3.2.3 allows nothing behind it.
    reading read_port(std::size_t end) {
        std::string_view digits = rest().substr(1, end - at_ - 1);
        if (digits.empty()) return {};
        auto port = parse_port(digits);
        if (!port) return std::unexpected(port.error().shifted(at_ + 1));
        url_.port_ = *port;
        return {};
    }

    reading read_path() {
        std::string_view path = before("?#");
        url_.path_ = place(at_, path.size());
        auto checked = check(path, "path", in_path, at_);
        at_ += path.size();
        return checked;
    }

    // A query or a fragment, at the mark in front of it.
    reading read_tail(url::part& part, const char* name, std::string_view ends) {
        ++at_;
        std::string_view tail = before(ends);
        part = place(at_, tail.size());
        auto checked = check(tail, name, in_query, at_);
        at_ += tail.size();
        return checked;
    }

    url url_;
    std::size_t at_ = 0;
};

std::expected<url, parse_error> url::parse(std::string_view text) {
    if (text.size() > max_size) return refuse("URL", "longer than 8192 bytes", max_size);
    return url_reader(text).read();
}

std::uint16_t url::port_or_default() const noexcept {
    if (port_) return *port_;
    for (const default_port& known : default_ports)
        if (known.scheme == scheme()) return known.port;
    return 0;
}

std::string url::request_target() const {
    std::string target(path().empty() ? "/" : path());
    if (has_query()) target.append("?").append(query());
    return target;
}

}  // namespace sockeye
