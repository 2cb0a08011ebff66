// What a peer sent that no HTTP/1.1 message may hold, or what we asked the machine to send.
#pragma once

#include <cstddef>
#include <expected>
#include <string>

namespace sockeye::http1 {

struct protocol_error {
    unsigned status = 400;     // the response that it deserves; 500 where the mistake is ours
    const char* what = "";     // the part that is wrong, "Content-Length"; lives for ever
    const char* why = "";      // the reason, "expected digits only"; lives for ever
    std::size_t position = 0;  // in bytes from the start of the head, or of the body on the wire

    // For people: `Content-Length at byte 37: expected digits only`.
    std::string to_string() const {
        return std::string(what) + " at byte " + std::to_string(position) + ": " + why;
    }
};

constexpr std::unexpected<protocol_error> refuse(unsigned status, const char* what, const char* why,
                                                 std::size_t position = 0) noexcept {
    return std::unexpected(protocol_error{status, what, why, position});
}

}  // namespace sockeye::http1
