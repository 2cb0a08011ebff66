// The hub's pages, which are part of the binary.
#pragma once

#include <span>
#include <string_view>

namespace sockeye::hub {

// A page, script or style of the hub that is part of the binary. The views live as long as the
// program does.
struct embedded_file {
    std::string_view path;          // below web/, without a slash in front: `index.html`
    std::string_view content_type;  // ready for a Content-Type field
    std::string_view bytes;
};

// Every file of web/ that was there when the hub was built, sorted by path.
std::span<const embedded_file> embedded_files();

}  // namespace sockeye::hub
