// Whatever a server sends: no crash, and the same outcome however it is cut.
#include <cstdint>
#include <cstdlib>

#include "sockeye/protocols/http1/client_transcript.hpp"

namespace {

using namespace sockeye::http1;

void require(bool holds) {
    if (!holds) std::abort();
}

client_limits small_limits() {
    client_limits limits;
    limits.head = {.max_start_line = 64, .max_size = 256, .max_fields = 8};
    limits.body.max_size = 200;
    limits.body.max_chunk_line = 40;
    limits.body.max_extensions = 60;
    limits.body.max_trailers = 100;
    limits.max_interim = 2;
    return limits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    std::string_view method = data[0] % 4 == 0 ? "HEAD" : "GET";
    for (const client_limits& limits : {client_limits(), small_limits()}) {
        if (bytes.size() >= limits.max_unread) return 0;
        std::string whole = client_transcript::in_pieces(method, bytes, bytes.size() + 1, limits);
        require(client_transcript::in_pieces(method, bytes, 1, limits) == whole);
        require(client_transcript::in_pieces(method, bytes, 1 + data[0] % 60, limits) == whole);
        require(!whole.empty());
    }
    return 0;
}
