// An absolute URL, RFC 3986.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "sockeye/core/host_port.hpp"
#include "sockeye/core/parse_error.hpp"

namespace sockeye {

//   scheme://userinfo@host:port/path?query#fragment
// One string and where its parts are. The parts are as written, percent-encoding included, but for
// the scheme and the host, which are in lower case: section 6.2.2.1. All views live as long as the
// url and are gone when it moves.
class url {
  public:
    static constexpr std::size_t max_size = 8192;

    // Strict: the scheme is required; every character must be one its part may hold, so that
    // spaces, controls, non-ASCII and bad percent-encoding are refused. An IP literal is IPv6
    // without a zone. A user or a port without a host is refused.
    static std::expected<url, parse_error> parse(std::string_view text);

    std::string_view scheme() const noexcept { return view(scheme_); }
    // Empty when there is none; `user:password` is a habit to give up (section 3.2.1).
    std::string_view userinfo() const noexcept { return view(userinfo_); }
    // IPv6 without its brackets. Empty for file:///x, and when there is no authority.
    std::string_view host() const noexcept { return view(host_); }
    bool host_is_ipv6() const noexcept { return host_is_ipv6_; }
    std::optional<std::uint16_t> port() const noexcept { return port_; }
    // The port, or the scheme's own (http, https, ws, wss, ftp, ftps, mqtt, mqtts); 0 if unknown.
    std::uint16_t port_or_default() const noexcept;
    // What to connect to.
    sockeye::host_port host_port() const { return {std::string(host()), port_or_default()}; }

    std::string_view path() const noexcept { return view(path_); }
    std::string_view query() const noexcept { return view(query_); }
    std::string_view fragment() const noexcept { return view(fragment_); }
    // "?" with nothing behind it is a query too, an empty one; and so on.
    bool has_authority() const noexcept { return host_.is_there; }
    bool has_userinfo() const noexcept { return userinfo_.is_there; }
    bool has_query() const noexcept { return query_.is_there; }
    bool has_fragment() const noexcept { return fragment_.is_there; }

    // The origin-form of HTTP's request line (RFC 9112 section 3.2.1): path and query, "/" at
    // least.
    std::string request_target() const;
    // The whole URL.
    const std::string& to_string() const noexcept { return text_; }

    bool operator==(const url& other) const noexcept { return text_ == other.text_; }

  private:
    struct part {
        std::uint16_t at = 0;
        std::uint16_t size = 0;
        bool is_there = false;
    };
    friend class url_reader;

    url() = default;
    std::string_view view(part p) const noexcept {
        return std::string_view(text_).substr(p.at, p.size);
    }

    std::string text_;
    part scheme_, userinfo_, host_, path_, query_, fragment_;
    std::optional<std::uint16_t> port_;
    bool host_is_ipv6_ = false;
};

}  // namespace sockeye
