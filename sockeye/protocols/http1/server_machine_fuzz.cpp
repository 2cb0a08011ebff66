// Whatever bytes come: no crash, the same outcome however they are cut, and an answer for each
// request.
#include <cstdint>
#include <cstdlib>

#include "sockeye/protocols/http1/server_transcript.hpp"

namespace {

using namespace sockeye::http1;

void require(bool holds) {
    if (!holds) std::abort();
}

server_limits small_limits() {
    server_limits limits;
    limits.head = {.max_start_line = 128, .max_size = 512, .max_fields = 8};
    limits.body.max_size = 300;
    limits.body.max_chunk_line = 40;
    limits.body.max_extensions = 60;
    limits.body.max_trailers = 100;
    limits.body.max_trailer_fields = 3;
    return limits;
}

// The first byte seeds the sizes of the pieces.
std::string cut_anywhere(std::string_view bytes, std::uint32_t seed, const server_limits& limits) {
    server_transcript transcript(limits);
    while (!bytes.empty()) {
        seed = seed * 1664525 + 1013904223;
        std::string piece(bytes.substr(0, 1 + (seed >> 24) % 37));
        bytes.remove_prefix(piece.size());
        if (!transcript.feed(piece)) break;
    }
    return transcript.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (const server_limits& limits : {server_limits(), small_limits()}) {
        if (bytes.size() >= limits.max_unread) return 0;
        server_transcript whole(limits);
        whole.feed(bytes);
        require(cut_anywhere(bytes, data[0], limits) == whole.text);
        require(server_transcript::in_pieces(bytes, 1, limits) == whole.text);
        whole.end();
        std::string sent = whole.sent();
        require(sent.empty() || sent.starts_with("HTTP/1.1 "));
        require(whole.machine.queued() == 0);
    }
    return 0;
}
