#include "hub/store/file_path.hpp"

#include <algorithm>
#include <cstddef>

#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

constexpr std::size_t max_path_bytes = 4096;
constexpr std::size_t max_segment_bytes = 255;
constexpr std::size_t max_segments = 100;

std::unexpected<std::string> refused(std::string_view path, const std::string& reason) {
    return std::unexpected("the path `" + std::string(path.substr(0, 100)) + "` " + reason);
}

bool has_control_character(std::string_view path) noexcept {
    for (std::size_t i = 0; i < path.size(); ++i) {
        const auto c = static_cast<unsigned char>(path[i]);
        if (c < 0x20 || c == 0x7F) return true;
        // U+0080 to U+009F.
        if (c == 0xC2 && i + 1 < path.size() && static_cast<unsigned char>(path[i + 1]) < 0xA0)
            return true;
    }
    return false;
}

}  // namespace

std::expected<void, std::string> check_file_path(std::string_view path) {
    if (path.empty()) return std::unexpected("the path is empty");
    if (path.size() > max_path_bytes)
        return refused(path, "is longer than " + std::to_string(max_path_bytes) + " bytes");
    if (has_control_character(path))
        return std::unexpected("the path contains a control character");
    if (!is_utf8(path)) return std::unexpected("the path is not valid UTF-8");
    if (path.find('\\') != std::string_view::npos) return refused(path, "contains a backslash");
    std::size_t segments = 0;
    for (std::size_t start = 0; start <= path.size();) {
        const std::size_t end = std::min(path.find('/', start), path.size());
        const std::string_view segment = path.substr(start, end - start);
        if (segment.empty()) return refused(path, "has an empty segment");
        if (segment == "." || segment == "..")
            return refused(path, "has the segment `" + std::string(segment) + "`");
        if (segment.size() > max_segment_bytes)
            return refused(
                path, "has a segment longer than " + std::to_string(max_segment_bytes) + " bytes");
        if (++segments > max_segments)
            return refused(path, "has more than " + std::to_string(max_segments) + " segments");
        start = end + 1;
    }
    return {};
}

path_range below(std::string_view directory) {
    // '0' is the character after '/'.
    return {std::string(directory) + "/", std::string(directory) + "0"};
}

}  // namespace sockeye::hub
