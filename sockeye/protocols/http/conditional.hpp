// Conditional requests, RFC 9110 section 13: whether what the client has is what we have.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http/http_date.hpp"
#include "sockeye/protocols/http/method.hpp"

namespace sockeye::http {

// Section 8.8.3. Weakness is a "W/" in front.
struct entity_tag {
    std::string_view opaque;  // with its quotes
    bool is_weak = false;

    // One entity tag and nothing else.
    static std::optional<entity_tag> parse(std::string_view text) noexcept;
};

// Section 8.8.3.2: strongly the same is the same byte for byte; weakly, for a reader.
bool strongly_equal(const entity_tag& a, const entity_tag& b) noexcept;
bool weakly_equal(const entity_tag& a, const entity_tag& b) noexcept;

// What is there now.
struct validators {
    bool exists = true;
    std::string_view etag = {};  // as in an ETag field, "\"abc\"" or "W/\"abc\""; empty: none
    std::optional<date> last_modified = {};
};

enum class precondition : std::uint8_t {
    holds,         // do what was asked
    not_modified,  // 304
    failed,        // 412
};

// If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since, in the order of section 13.2.2.
// Dates that are none are ignored, as section 13.1 asks; a list of tags that is malformed matches
// nothing. `now` tells the century of two-digit years.
precondition evaluate_preconditions(method method, const header_list& headers,
                                    const validators& current, date now);

// Whether Range counts (section 13.1.5): true without If-Range. A date must be the exact
// Last-Modified, and old enough that a change within the same second would show.
bool if_range_holds(const header_list& headers, const validators& current, date now);

}  // namespace sockeye::http
