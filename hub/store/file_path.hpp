// Which paths a file may have, and how paths nest.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace sockeye::hub {

// The reason in words when a path is refused. A path is relative, `a/b/c`: segments of 1 to 255
// bytes, neither `.` nor `..`, at most 100 of them and 4096 bytes in all; valid UTF-8 without
// control characters and backslashes.
std::expected<void, std::string> check_file_path(std::string_view path);

// All paths below a directory, and no others, are >= first and < last in bytewise order.
struct path_range {
    std::string first;
    std::string last;
};
path_range below(std::string_view directory);

}  // namespace sockeye::hub
