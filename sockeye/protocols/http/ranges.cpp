#include "sockeye/protocols/http/ranges.hpp"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http/list.hpp"

namespace sockeye::http {
namespace {

// 1*DIGIT. Numbers above all sizes are as good as the largest one.
std::optional<std::uint64_t> parse_position(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || failure == std::errc::invalid_argument)
        return std::nullopt;
    if (failure != std::errc()) return std::numeric_limits<std::uint64_t>::max();
    return value;
}

// Takes the elements of a range set.
class range_reader {
  public:
    explicit range_reader(std::uint64_t size) : size_(size) {}

    // False when it is malformed.
    bool read(std::string_view text) {
        std::size_t dash = text.find('-');
        if (dash == text.npos) return false;
        auto first = parse_position(text.substr(0, dash));
        auto last = parse_position(text.substr(dash + 1));
        if (dash == 0) return last && read_suffix(*last);
        if (!first) return false;
        if (dash + 1 < text.size()) {
            if (!last || *last < *first) return false;
        } else {
            last = std::numeric_limits<std::uint64_t>::max();
        }
        if (*first < size_) parts_.push_back({*first, std::min(*last, size_ - 1)});
        return true;
    }

    std::vector<byte_range> merged() {
        std::ranges::sort(parts_, {}, &byte_range::first);
        std::vector<byte_range> merged;
        for (byte_range part : parts_) {
            if (!merged.empty() && part.first <= merged.back().last + 1)
                merged.back().last = std::max(merged.back().last, part.last);
            else
                merged.push_back(part);
        }
        return merged;
    }

  private:
    // The last `count` bytes.
    bool read_suffix(std::uint64_t count) {
        count = std::min(count, size_);
        if (count > 0) parts_.push_back({size_ - count, size_ - 1});
        return true;
    }

    std::uint64_t size_;
    std::vector<byte_range> parts_;
};

}  // namespace

range_selection select_ranges(std::string_view range, std::uint64_t size, std::size_t max_ranges) {
    std::size_t equals = range.find('=');
    if (equals == range.npos || !equal_ignoring_case(range.substr(0, equals), "bytes")) return {};
    range_reader reader(size);
    std::size_t count = 0;
    bool is_good = for_each_element(range.substr(equals + 1), [&](std::string_view text) {
        return ++count <= max_ranges && reader.read(text);
    });
    if (!is_good) return {};
    std::vector<byte_range> parts = reader.merged();
    if (parts.empty()) return {range_answer::unsatisfiable, {}};
    return {range_answer::parts, std::move(parts)};
}

std::string content_range(byte_range range, std::uint64_t size) {
    return "bytes " + std::to_string(range.first) + '-' + std::to_string(range.last) + '/' +
           std::to_string(size);
}

std::string unsatisfied_range(std::uint64_t size) {
    return "bytes */" + std::to_string(size);
}

}  // namespace sockeye::http
