// Topic names and topic filters, by MQTT's rules (MQTT 5.0, 4.7; the same in 3.1.1).
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

namespace sockeye::hub {

// MQTT strings carry a two byte length.
inline constexpr std::size_t max_topic_bytes = 65535;
// Ours: bounds the depth of the subscriptions' trie and the cost of one match.
inline constexpr std::size_t max_topic_levels = 128;

// Both return the reason in words when the text is refused. A topic names one place and has no
// wildcards; a filter may have `+` (one whole level) and `#` (the last whole level: all below and
// the parent itself). Both are valid UTF-8 without NUL, from 1 to max_topic_bytes long, of at most
// max_topic_levels levels; empty levels are legal (`/a` is not `a`).
std::expected<void, std::string> check_topic(std::string_view topic);
std::expected<void, std::string> check_filter(std::string_view filter);

// True when a valid filter selects a valid topic. A wildcard at the first level does not select
// topics that begin with `$` (MQTT 5.0, 4.7.2).
bool matches(std::string_view filter, std::string_view topic) noexcept;

// True when the filter selects more than one topic: it contains a wildcard.
bool has_wildcard(std::string_view filter) noexcept;

// The whole text is valid UTF-8 (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

// The topic on which changes of a file are published: `files/` and the path, whose bytes that are
// no part of a legal topic (`+`, `#`, control characters, invalid UTF-8, and `%` itself) are
// written %XX; slashes beyond max_topic_levels too. Different paths have different topics. Any
// path of at most 21,000 bytes gives a legal topic.
std::string topic_of_file(std::string_view path);

}  // namespace sockeye::hub
