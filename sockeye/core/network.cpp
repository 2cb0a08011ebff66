#include "sockeye/core/network.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sockeye {
namespace {

using ip_array = std::array<std::uint8_t, 16>;

unsigned bits_of(const address& a) {
    return static_cast<unsigned>(a.ip_bytes().size()) * 8;
}

ip_array bytes_of(const address& a) {
    ip_array ip{};
    std::ranges::copy(a.ip_bytes(), ip.begin());
    return ip;
}

address with_bytes(const address& like, const ip_array& ip) {
    if (like.is_ipv4()) return address::ipv4(ip[0], ip[1], ip[2], ip[3], 0);
    return address::ipv6(ip, 0);
}

// The bits of byte `i` that lie behind a prefix.
std::uint8_t host_bits(unsigned prefix, std::size_t i) {
    auto bits_in_front = static_cast<unsigned>(i) * 8;
    if (prefix <= bits_in_front) return 0xff;
    unsigned kept = std::min(prefix - bits_in_front, 8U);
    return static_cast<std::uint8_t>(0xff >> kept);
}

address without_host_bits(const address& a, unsigned prefix) {
    ip_array ip = bytes_of(a);
    for (std::size_t i = 0; i < ip.size(); ++i)
        ip[i] = static_cast<std::uint8_t>(ip[i] & ~host_bits(prefix, i));
    return with_bytes(a, ip);
}

std::expected<unsigned, parse_error> parse_prefix(std::string_view text, unsigned longest) {
    unsigned prefix = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), prefix);
    if (failure == std::errc::invalid_argument || end != text.data() + text.size())
        return refuse("prefix", "not a number");
    if (failure != std::errc() || prefix > longest)
        return refuse("prefix", longest == 32 ? "above 32" : "above 128");
    if (text.size() > 1 && text[0] == '0') return refuse("prefix", "starts with 0");
    return prefix;
}

constexpr unsigned mapped_prefix = 96;

}  // namespace

network::network(address first, unsigned prefix) noexcept
    : first_(std::move(first)), prefix_(prefix) {}

std::expected<network, parse_error> network::parse(std::string_view text) {
    std::size_t slash = text.find('/');
    std::string_view ip = text.substr(0, slash);
    std::size_t percent = ip.find('%');
    if (percent != ip.npos) return refuse("network", "a scope has no place here", percent);
    auto parsed = address::parse_ip(ip);
    if (!parsed) return std::unexpected(parsed.error());
    if (slash == text.npos) return around(*parsed, bits_of(*parsed));

    auto prefix = parse_prefix(text.substr(slash + 1), bits_of(*parsed));
    if (!prefix) return std::unexpected(prefix.error().shifted(slash + 1));
    if (without_host_bits(*parsed, *prefix) != *parsed)
        return refuse("network", "bits are set behind the prefix", slash);
    return around(*parsed, *prefix);
}

network network::around(const address& member, unsigned prefix) noexcept {
    prefix = std::min(prefix, bits_of(member));
    // A shorter prefix than the coat's own holds other IPv6 addresses too, and stays IPv6.
    if (member.is_v4_mapped() && prefix >= mapped_prefix)
        return around(member.unmapped(), prefix - mapped_prefix);
    return {without_host_bits(member, prefix), prefix};
}

bool network::contains(const address& a) const noexcept {
    address plain = a.unmapped();
    if (plain.family() != first_.family()) return false;
    return without_host_bits(plain, prefix_) == first_;
}

bool network::contains(const network& other) const noexcept {
    return other.prefix_ >= prefix_ && contains(other.first_);
}

address network::last() const noexcept {
    ip_array ip = bytes_of(first_);
    for (std::size_t i = 0; i < ip.size(); ++i)
        ip[i] = static_cast<std::uint8_t>(ip[i] | host_bits(prefix_, i));
    return with_bytes(first_, ip);
}

std::uint64_t network::count() const noexcept {
    unsigned free_bits = bits_of(first_) - prefix_;
    if (free_bits >= 64) return std::numeric_limits<std::uint64_t>::max();
    return std::uint64_t{1} << free_bits;
}

address network::operator[](std::uint64_t i) const noexcept {
    // The bits behind the prefix are zero in first_, so that nothing carries.
    ip_array ip = bytes_of(first_);
    for (std::size_t at = first_.ip_bytes().size(); at-- > 0 && i != 0; i >>= 8)
        ip[at] = static_cast<std::uint8_t>(ip[at] | (i & 0xff));
    return with_bytes(first_, ip);
}

std::string network::to_string() const {
    return first_.ip_string() + "/" + std::to_string(prefix_);
}

}  // namespace sockeye
