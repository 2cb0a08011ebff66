// The Range field and what it selects, RFC 9110 section 14.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockeye::http {

// Both ends are part of it, as on the wire.
struct byte_range {
    std::uint64_t first = 0;
    std::uint64_t last = 0;

    std::uint64_t size() const noexcept { return last - first + 1; }
    bool operator==(const byte_range&) const = default;
};

enum class range_answer : std::uint8_t {
    whole,          // 200: no Range, not in bytes, malformed, or more ranges than anyone needs
    parts,          // 206
    unsatisfiable,  // 416, with Content-Range: unsatisfied_range(size)
};

struct range_selection {
    range_answer answer = range_answer::whole;
    // In ascending order; overlapping and adjacent ones are one.
    std::vector<byte_range> parts;
};

// What the value of a Range field selects of `size` bytes. A request with many ranges costs its
// sender nothing and us a lot, so more than `max_ranges` select the whole.
range_selection select_ranges(std::string_view range, std::uint64_t size,
                              std::size_t max_ranges = 16);

// The values of Content-Range: "bytes 0-499/1234" and "bytes */1234".
std::string content_range(byte_range range, std::uint64_t size);
std::string unsatisfied_range(std::uint64_t size);

}  // namespace sockeye::http
