#include "sockeye/core/address.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sockeye/core/escape.hpp"
#include "sockeye/core/ip_text.hpp"
#include "sockeye/core/port.hpp"

namespace sockeye {
namespace {

constexpr std::size_t unix_name_at = offsetof(sockaddr_un, sun_path);
static_assert(sizeof(sockaddr_un) - unix_name_at == address::max_unix_name + 1);

constexpr std::string_view unix_prefix = "unix:";

// Copies between a kernel's structure and plain bytes go through memcpy: the caller's memory may
// be aligned for nothing more than a char.
template <class Structure>
Structure load(const sockaddr* from) {
    Structure value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

template <class Structure>
std::uint32_t store(const Structure& value, sockaddr_storage& to) {
    std::memcpy(&to, &value, sizeof value);
    return sizeof value;
}

std::uint16_t network_order(std::uint16_t value) {
    return std::endian::native == std::endian::little ? __builtin_bswap16(value) : value;
}

std::expected<std::uint32_t, parse_error> parse_scope(std::string_view text) {
    if (text.empty()) return refuse("scope", "missing after %");
    std::uint32_t number = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc() && end == text.data() + text.size()) {
        if (number == 0) return refuse("scope", "interfaces count from 1");
        return number;
    }
    number = ::if_nametoindex(std::string(text).c_str());
    if (number == 0) return refuse("scope", "no interface has this name");
    return number;
}

std::expected<address, parse_error> parse_unix(std::string_view text) {
    auto name = unescape(text);
    if (!name) return std::unexpected(name.error());
    if (!name->starts_with('@')) return address::unix_path(*name);
    auto parsed = address::unix_abstract(std::string_view(*name).substr(1));
    if (!parsed) return std::unexpected(parsed.error().shifted(1));
    return parsed;
}

}  // namespace

address address::ipv4(std::uint32_t ip, std::uint16_t port) noexcept {
    return ipv4(static_cast<std::uint8_t>(ip >> 24), static_cast<std::uint8_t>(ip >> 16),
                static_cast<std::uint8_t>(ip >> 8), static_cast<std::uint8_t>(ip), port);
}

address address::ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d,
                      std::uint16_t port) noexcept {
    address made;
    made.family_ = family::ipv4;
    made.ip_ = {a, b, c, d};
    made.port_ = port;
    return made;
}

address address::ipv6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port,
                      std::uint32_t scope) noexcept {
    address made;
    made.family_ = family::ipv6;
    made.ip_ = ip;
    made.port_ = port;
    made.scope_ = scope;
    return made;
}

address address::loopback(sockeye::family f, std::uint16_t port) noexcept {
    if (f == family::ipv4) return ipv4(127, 0, 0, 1, port);
    if (f != family::ipv6) return {};
    std::array<std::uint8_t, 16> ip{};
    ip[15] = 1;
    return ipv6(ip, port);
}

address address::any(sockeye::family f, std::uint16_t port) noexcept {
    if (f == family::ipv4) return ipv4(0, 0, 0, 0, port);
    if (f == family::ipv6) return ipv6({}, port);
    return {};
}

std::expected<address, parse_error> address::unix_path(std::string_view path) {
    if (path.empty()) return refuse("path", "empty");
    if (path.size() > max_unix_name) return refuse("path", "longer than 107 bytes", max_unix_name);
    std::size_t nul = path.find('\0');
    if (nul != path.npos) return refuse("path", "contains a NUL", nul);
    address made;
    made.family_ = family::unix_domain;
    made.name_ = shared_bytes(path);
    return made;
}

std::expected<address, parse_error> address::unix_abstract(std::string_view name) {
    if (name.empty()) return refuse("name", "empty");
    if (name.size() > max_unix_name) return refuse("name", "longer than 107 bytes", max_unix_name);
    address made;
    made.family_ = family::unix_domain;
    made.name_ = shared_bytes(name);
    made.is_abstract_ = true;
    return made;
}

std::expected<address, parse_error> address::parse(std::string_view text) {
    if (text.starts_with(unix_prefix)) {
        auto parsed = parse_unix(text.substr(unix_prefix.size()));
        if (!parsed) return std::unexpected(parsed.error().shifted(unix_prefix.size()));
        return parsed;
    }
    bool in_brackets = text.starts_with('[');
    std::size_t ip_at = in_brackets ? 1 : 0;
    std::size_t ip_end = in_brackets ? text.find(']') : text.rfind(':');
    if (in_brackets && ip_end == text.npos) return refuse("address", "no closing bracket");
    std::size_t colon = in_brackets ? ip_end + 1 : ip_end;
    if (colon >= text.size()) return refuse("port", "missing", text.size());
    if (text[colon] != ':') return refuse("address", "expected a colon and a port", colon);

    std::string_view ip = text.substr(ip_at, ip_end - ip_at);
    bool has_colon = ip.find(':') != ip.npos;
    if (!in_brackets && has_colon) return refuse("address", "IPv6 needs brackets: [::1]:80");
    if (in_brackets && !has_colon) return refuse("address", "only IPv6 stands in brackets", ip_at);
    auto port = parse_port(text.substr(colon + 1));
    if (!port) return std::unexpected(port.error().shifted(colon + 1));
    auto parsed = parse_ip(ip, *port);
    if (!parsed) return std::unexpected(parsed.error().shifted(ip_at));
    return parsed;
}

std::expected<address, parse_error> address::parse_ip(std::string_view text, std::uint16_t port) {
    if (text.find(':') == text.npos) {
        auto ip = parse_ipv4_text(text);
        if (!ip) return std::unexpected(ip.error());
        return ipv4((*ip)[0], (*ip)[1], (*ip)[2], (*ip)[3], port);
    }
    std::size_t percent = text.find('%');
    auto ip = parse_ipv6_text(text.substr(0, percent));
    if (!ip) return std::unexpected(ip.error());
    if (percent == text.npos) return ipv6(*ip, port);
    auto scope = parse_scope(text.substr(percent + 1));
    if (!scope) return std::unexpected(scope.error().shifted(percent + 1));
    return ipv6(*ip, port, *scope);
}

address address::from_sockaddr(const sockaddr* from, std::uint32_t length) {
    if (from == nullptr || length < sizeof(sa_family_t)) return {};
    auto kind = load<sa_family_t>(from);
    if (kind == AF_INET && length >= sizeof(sockaddr_in)) {
        auto in = load<sockaddr_in>(from);
        address made;
        made.family_ = family::ipv4;
        std::memcpy(made.ip_.data(), &in.sin_addr, 4);
        made.port_ = network_order(in.sin_port);
        return made;
    }
    if (kind == AF_INET6 && length >= sizeof(sockaddr_in6)) {
        auto in6 = load<sockaddr_in6>(from);
        address made;
        made.family_ = family::ipv6;
        std::memcpy(made.ip_.data(), &in6.sin6_addr, 16);
        made.port_ = network_order(in6.sin6_port);
        made.scope_ = in6.sin6_scope_id;
        return made;
    }
    if (kind != AF_UNIX) return {};
    address made;
    made.family_ = family::unix_domain;
    std::size_t size = length > unix_name_at ? length - unix_name_at : 0;
    // A path of the full 108 bytes comes back with its NUL, one byte longer than the structure.
    std::string_view name(reinterpret_cast<const char*>(from) + unix_name_at,
                          std::min(size, max_unix_name + 1));
    made.is_abstract_ = name.size() > 1 && name[0] == '\0';
    name = made.is_abstract_ ? name.substr(1) : name.substr(0, name.find('\0'));
    made.name_ = shared_bytes(name);
    return made;
}

std::uint32_t address::to_sockaddr(sockaddr_storage& to) const noexcept {
    if (is_ipv4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = network_order(port_);
        std::memcpy(&in.sin_addr, ip_.data(), 4);
        return store(in, to);
    }
    if (is_ipv6()) {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = network_order(port_);
        in6.sin6_scope_id = scope_;
        std::memcpy(&in6.sin6_addr, ip_.data(), 16);
        return store(in6, to);
    }
    if (!is_unix()) {
        sockaddr none{};
        none.sa_family = AF_UNSPEC;
        return store(none, to);
    }
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    std::string_view name = unix_name();
    std::size_t in_front = is_abstract_ ? 1 : 0;
    name.copy(un.sun_path + in_front, name.size());
    store(un, to);
    if (name.empty()) return unix_name_at;
    // A path is followed by its NUL; an abstract name ends where the length says.
    return static_cast<std::uint32_t>(unix_name_at + 1 + name.size());
}

address address::with_port(std::uint16_t port) const noexcept {
    address made = *this;
    if (is_ip()) made.port_ = port;
    return made;
}

std::span<const std::uint8_t> address::ip_bytes() const noexcept {
    if (is_ipv4()) return {ip_.data(), 4};
    if (is_ipv6()) return {ip_.data(), 16};
    return {};
}

std::string_view address::unix_name() const noexcept {
    return name_.view().text();
}

bool address::is_loopback() const noexcept {
    address a = unmapped();
    if (a.is_ipv4()) return a.ip_[0] == 127;
    if (a.is_ipv6()) return a.ip_ == loopback(family::ipv6, 0).ip_;
    return a.is_unix();
}

bool address::is_any() const noexcept {
    address a = unmapped();
    return a.is_ip() && a.ip_ == std::array<std::uint8_t, 16>{};
}

bool address::is_multicast() const noexcept {
    address a = unmapped();
    if (a.is_ipv4()) return (a.ip_[0] & 0xf0) == 0xe0;
    return a.is_ipv6() && a.ip_[0] == 0xff;
}

bool address::is_broadcast() const noexcept {
    address a = unmapped();
    return a.is_ipv4() && a.ip_ == ipv4(255, 255, 255, 255, 0).ip_;
}

bool address::is_private() const noexcept {
    address a = unmapped();
    if (a.is_ipv6()) return (a.ip_[0] & 0xfe) == 0xfc;
    if (!a.is_ipv4()) return false;
    return a.ip_[0] == 10 || (a.ip_[0] == 172 && (a.ip_[1] & 0xf0) == 16) ||
           (a.ip_[0] == 192 && a.ip_[1] == 168);
}

bool address::is_link_local() const noexcept {
    address a = unmapped();
    if (a.is_ipv4()) return a.ip_[0] == 169 && a.ip_[1] == 254;
    return a.is_ipv6() && a.ip_[0] == 0xfe && (a.ip_[1] & 0xc0) == 0x80;
}

bool address::is_v4_mapped() const noexcept {
    constexpr std::array<std::uint8_t, 12> prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return is_ipv6() && std::equal(prefix.begin(), prefix.end(), ip_.begin());
}

address address::unmapped() const noexcept {
    if (!is_v4_mapped()) return *this;
    return ipv4(ip_[12], ip_[13], ip_[14], ip_[15], port_);
}

std::string address::ip_string() const {
    if (is_ipv4()) return ipv4_text(ip_.data());
    if (!is_ipv6()) return {};
    std::string text = ipv6_text(ip_.data());
    if (scope_ != 0) text += "%" + std::to_string(scope_);
    return text;
}

std::string address::to_string() const {
    switch (family_) {
        case family::ipv4:
            return ip_string() + ":" + std::to_string(port_);
        case family::ipv6:
            return "[" + ip_string() + "]:" + std::to_string(port_);
        case family::unix_domain: {
            // A path that starts with "@" would read as an abstract name.
            bool looks_abstract = !is_abstract_ && unix_name().starts_with('@');
            const char* mark = is_abstract_ ? "@" : looks_abstract ? "./" : "";
            return std::string(unix_prefix) + mark + escape(unix_name());
        }
        case family::unspecified:
            break;
    }
    return "unspecified";
}

std::size_t address::hash() const noexcept {
    // Two multiplications mix 24 bytes well enough for a table; std::hash has no combination.
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    std::uint64_t high = 0;
    std::uint64_t low = 0;
    std::memcpy(&high, ip_.data(), 8);
    std::memcpy(&low, ip_.data() + 8, 8);
    std::uint64_t rest = std::hash<std::string_view>()(unix_name()) + scope_;
    rest = rest * odd + port_ * 16U + static_cast<std::uint64_t>(family_) * 2 + is_abstract_;
    std::uint64_t mixed = ((high ^ rest) * odd ^ low) * odd;
    mixed ^= mixed >> 32;
    return static_cast<std::size_t>(mixed * odd);
}

std::strong_ordering operator<=>(const address& a, const address& b) noexcept {
    if (auto order = a.family_ <=> b.family_; order != 0) return order;
    if (auto order = std::memcmp(a.ip_.data(), b.ip_.data(), 16) <=> 0; order != 0) return order;
    if (auto order = a.scope_ <=> b.scope_; order != 0) return order;
    if (auto order = a.port_ <=> b.port_; order != 0) return order;
    if (auto order = a.is_abstract_ <=> b.is_abstract_; order != 0) return order;
    return a.unix_name() <=> b.unix_name();
}

}  // namespace sockeye
