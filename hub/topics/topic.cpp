#include "hub/topics/topic.hpp"

#include <algorithm>
#include <utility>

namespace sockeye::hub {
namespace {

unsigned char byte_at(std::string_view text, std::size_t i) noexcept {
    return static_cast<unsigned char>(text[i]);
}

// The length of the valid UTF-8 character at `i`; 0 when there is none (RFC 3629, 4: no
// overlong forms, no surrogates, nothing beyond U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t i) noexcept {
    const unsigned char lead = byte_at(text, i);
    if (lead < 0x80) return 1;
    const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (length == 0 || lead > 0xF4 || text.size() - i < length) return 0;
    const unsigned char second = byte_at(text, i + 1);
    const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (second < low || second > high) return 0;
    for (std::size_t k = 2; k < length; ++k)
        if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
    return length;
}

std::unexpected<std::string> refused(std::string reason) {
    return std::unexpected(std::move(reason));
}

std::expected<void, std::string> check_text(std::string_view text, std::string noun) {
    if (text.empty()) return refused("the " + noun + " is empty");
    if (text.size() > max_topic_bytes)
        return refused("the " + noun + " is " + std::to_string(text.size()) +
                       " bytes long, more than " + std::to_string(max_topic_bytes));
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text, i);
        if (length == 0)
            return refused("the " + noun + " is not valid UTF-8 at byte " + std::to_string(i));
        if (text[i] == '\0')
            return refused("the " + noun + " contains NUL at byte " + std::to_string(i));
        i += length;
    }
    const auto levels = static_cast<std::size_t>(std::ranges::count(text, '/')) + 1;
    if (levels > max_topic_levels)
        return refused("the " + noun + " has " + std::to_string(levels) + " levels, more than " +
                       std::to_string(max_topic_levels));
    return {};
}

// Cuts the first level off, and the slash behind it; `last` tells that there was no slash.
struct level_reader {
    std::string_view rest;
    bool last = false;

    std::string_view next() noexcept {
        const std::size_t slash = rest.find('/');
        last = slash == std::string_view::npos;
        const std::string_view level = rest.substr(0, slash);
        rest = last ? std::string_view{} : rest.substr(slash + 1);
        return level;
    }
};

bool is_plain_in_topic(std::string_view path, std::size_t i, std::size_t length) noexcept {
    if (length == 0) return false;
    const unsigned char c = byte_at(path, i);
    if (c == '+' || c == '#' || c == '%' || c < 0x20 || c == 0x7F) return false;
    // U+0080 to U+009F, the other control characters.
    return !(c == 0xC2 && byte_at(path, i + 1) < 0xA0);
}

}  // namespace

std::expected<void, std::string> check_topic(std::string_view topic) {
    if (auto ok = check_text(topic, "topic"); !ok) return ok;
    const std::size_t wildcard = topic.find_first_of("+#");
    if (wildcard != std::string_view::npos)
        return refused("the topic contains the wildcard `" + std::string(1, topic[wildcard]) +
                       "`; only filters may");
    return {};
}

std::expected<void, std::string> check_filter(std::string_view filter) {
    if (auto ok = check_text(filter, "filter"); !ok) return ok;
    level_reader levels{filter};
    while (!levels.last) {
        const std::string_view level = levels.next();
        if (level.find_first_of("+#") == std::string_view::npos) continue;
        if (level.size() > 1)
            return refused("the level `" + std::string(level) +
                           "` of the filter mixes a wildcard with text; a wildcard stands alone");
        if (level == "#" && !levels.last) return refused("`#` is not the last level of the filter");
    }
    return {};
}

bool matches(std::string_view filter, std::string_view topic) noexcept {
    if (topic.starts_with('$') && (filter.starts_with('+') || filter.starts_with('#')))
        return false;
    level_reader wanted{filter};
    level_reader given{topic};
    while (true) {
        const std::string_view want = wanted.next();
        if (want == "#") return true;
        const std::string_view have = given.next();
        if (want != "+" && want != have) return false;
        // `a/#` selects `a` itself as well.
        if (given.last) return wanted.last || wanted.rest == "#";
        if (wanted.last) return false;
    }
}

bool has_wildcard(std::string_view filter) noexcept {
    return filter.find_first_of("+#") != std::string_view::npos;
}

bool is_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = utf8_length(text, i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

std::string topic_of_file(std::string_view path) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string topic = "files/";
    std::size_t levels = 2;
    for (std::size_t i = 0; i < path.size();) {
        const std::size_t length = utf8_length(path, i);
        const bool level_too_many = path[i] == '/' && levels++ >= max_topic_levels;
        if (is_plain_in_topic(path, i, length) && !level_too_many) {
            topic.append(path.substr(i, length));
        } else {
            for (std::size_t k = 0; k < std::max<std::size_t>(length, 1); ++k) {
                const unsigned char c = byte_at(path, i + k);
                topic += {'%', digits[c >> 4], digits[c & 15]};
            }
        }
        i += std::max<std::size_t>(length, 1);
    }
    return topic;
}

}  // namespace sockeye::hub
