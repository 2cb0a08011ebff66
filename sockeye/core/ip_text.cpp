#include "sockeye/core/ip_text.hpp"

#include <algorithm>
#include <charconv>

#include "sockeye/core/hex_digit.hpp"

namespace sockeye {
namespace {

constexpr std::size_t no_gap = 16;

// The 16-bit groups of an IPv6 address while they are read.
struct ipv6_reader {
    ipv6_bytes ip{};
    std::size_t filled = 0;    // bytes of ip that are set
    std::size_t gap = no_gap;  // where "::" stands, in bytes
    std::size_t at = 0;        // place in the text

    bool full() const { return filled == ip.size(); }
    void put(std::uint8_t byte) { ip[filled++] = byte; }
    // Moves what follows the gap to the end, so that zeros fill it.
    void close_gap() {
        std::copy_backward(ip.begin() + gap, ip.begin() + filled, ip.end());
        std::fill_n(ip.begin() + gap, ip.size() - filled, std::uint8_t{0});
    }
};

std::expected<void, parse_error> read_group(ipv6_reader& reader, std::string_view text) {
    unsigned value = 0;
    std::size_t start = reader.at;
    while (reader.at < text.size() && hex_value(text[reader.at]) >= 0) {
        if (reader.at - start == 4)
            return refuse("address", "a group has more than four digits", start);
        value = value * 16 + static_cast<unsigned>(hex_value(text[reader.at++]));
    }
    if (reader.at == start)
        return refuse("address", "expected a group of hexadecimal digits", start);
    reader.put(static_cast<std::uint8_t>(value >> 8));
    reader.put(static_cast<std::uint8_t>(value));
    return {};
}

std::expected<void, parse_error> read_ipv4_tail(ipv6_reader& reader, std::string_view text) {
    auto tail = parse_ipv4_text(text.substr(reader.at));
    if (!tail) return std::unexpected(tail.error().shifted(reader.at));
    if (reader.filled + 4 > reader.ip.size())
        return refuse("address", "more than eight groups", reader.at);
    for (std::uint8_t byte : *tail) reader.put(byte);
    reader.at = text.size();
    return {};
}

// "::" or ":" between two groups.
std::expected<void, parse_error> read_separator(ipv6_reader& reader, std::string_view text) {
    if (!text.substr(reader.at).starts_with(':'))
        return refuse("address", "expected a colon", reader.at);
    if (!text.substr(reader.at).starts_with("::")) {
        ++reader.at;
        return {};
    }
    if (reader.gap != no_gap) return refuse("address", "a second ::", reader.at);
    reader.gap = reader.filled;
    reader.at += 2;
    return {};
}

}  // namespace

std::expected<ipv4_bytes, parse_error> parse_ipv4_text(std::string_view text) {
    ipv4_bytes ip{};
    const char* start = text.data();
    const char* at = start;
    const char* end = at + text.size();
    auto here = [&] { return static_cast<std::size_t>(at - start); };
    for (std::size_t i = 0; i < ip.size(); ++i) {
        if (i > 0 && (at == end || *at++ != '.'))
            return refuse("address", "expected four numbers with dots between them", here());
        if (end - at > 1 && at[0] == '0' && at[1] >= '0' && at[1] <= '9')
            return refuse("address", "a number starts with 0", here());
        auto [after, failure] = std::from_chars(at, end, ip[i]);
        if (failure == std::errc::result_out_of_range)
            return refuse("address", "a number is above 255", here());
        if (failure != std::errc()) return refuse("address", "expected a number", here());
        at = after;
    }
    if (at != end) return refuse("address", "more than an IPv4 address", here());
    return ip;
}

std::expected<ipv6_bytes, parse_error> parse_ipv6_text(std::string_view text) {
    ipv6_reader reader;
    if (text.starts_with(':') && !text.starts_with("::"))
        return refuse("address", "starts with a single colon");
    if (text.starts_with("::")) (void)read_separator(reader, text);
    while (reader.at < text.size() || (reader.filled == 0 && reader.gap == no_gap)) {
        if (reader.full()) return refuse("address", "more than eight groups", reader.at);
        std::size_t group_end = text.find(':', reader.at);
        bool is_tail =
            group_end == text.npos && text.find('.', reader.at) != text.npos && reader.at > 0;
        auto read = is_tail ? read_ipv4_tail(reader, text) : read_group(reader, text);
        if (!read) return std::unexpected(read.error());
        if (reader.at == text.size()) break;
        if (reader.full()) return refuse("address", "more than eight groups", reader.at);
        auto separated = read_separator(reader, text);
        if (!separated) return std::unexpected(separated.error());
        bool ends_with_colon = reader.at == text.size() && !text.ends_with("::");
        if (ends_with_colon) return refuse("address", "ends with a single colon", reader.at - 1);
    }
    if (reader.gap == no_gap && !reader.full())
        return refuse("address", "fewer than eight groups", text.size());
    // "::" stands for at least one group: RFC 5952 section 4.2.2 wants none for nothing.
    if (reader.gap != no_gap && reader.full())
        return refuse("address", ":: beside eight groups", text.find("::"));
    if (reader.gap != no_gap) reader.close_gap();
    return reader.ip;
}

std::string ipv4_text(const std::uint8_t* ip) {
    std::string text;
    for (int i = 0; i < 4; ++i) {
        if (i > 0) text += '.';
        text += std::to_string(ip[i]);
    }
    return text;
}

namespace {

struct zero_run {
    int start = 8;
    int size = 0;
};

// The longest run of at least two zero groups, the first of several: RFC 5952 section 4.2.
zero_run longest_zero_run(const std::array<unsigned, 8>& groups) {
    zero_run best;
    zero_run now;
    for (int i = 0; i < 8; ++i) {
        if (groups[static_cast<std::size_t>(i)] != 0) {
            now = {};
            continue;
        }
        now = now.size == 0 ? zero_run{i, 1} : zero_run{now.start, now.size + 1};
        if (now.size > best.size) best = now;
    }
    return best.size >= 2 ? best : zero_run{};
}

void append_hex(std::string& text, unsigned group) {
    bool started = false;
    for (unsigned shift : {12U, 8U, 4U, 0U}) {
        unsigned digit = group >> shift & 15;
        started = started || digit != 0 || shift == 0;
        if (started) text += hex_digit(digit);
    }
}

}  // namespace

std::string ipv6_text(const std::uint8_t* ip) {
    constexpr std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), ip)) return "::ffff:" + ipv4_text(ip + 12);

    std::array<unsigned, 8> groups{};
    for (std::size_t i = 0; i < 8; ++i) groups[i] = ip[2 * i] * 256U + ip[2 * i + 1];
    zero_run zeros = longest_zero_run(groups);
    std::string text;
    for (int i = 0; i < 8; ++i) {
        if (i == zeros.start) {
            text += "::";
            i += zeros.size - 1;
            continue;
        }
        if (i > 0 && !text.ends_with(':')) text += ':';
        append_hex(text, groups[static_cast<std::size_t>(i)]);
    }
    return text;
}

}  // namespace sockeye
