// Whatever bytes come: the same events however they are cut, and what was encoded comes back.
#include <cstdint>
#include <cstdlib>

#include "sockeye/protocols/sse/sse.hpp"

namespace {

using namespace sockeye;

void require(bool holds) {
    if (!holds) std::abort();
}

std::string decoded(std::string_view stream, std::size_t piece, const sse::decoder_limits& limits) {
    sse::decoder reader(limits);
    std::string text;
    while (!stream.empty()) {
        std::string copy(stream.substr(0, piece));
        stream.remove_prefix(copy.size());
        bytes_view input(copy);
        for (;;) {
            auto event = reader.next(input);
            if (!event) return text + "refused";
            if (!*event) break;
            text += (*event)->id + '\0' + (*event)->type + '\0' + (*event)->data + '\0';
        }
        require(input.empty());
    }
    return text;
}

// What a reader sees of data: LF where any line break was.
std::string with_plain_breaks(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\n' && i > 0 && text[i - 1] == '\r') continue;
        plain += text[i] == '\r' ? '\n' : text[i];
    }
    return plain;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
    for (const sse::decoder_limits& limits :
         {sse::decoder_limits(), sse::decoder_limits{.max_line = 20, .max_event = 30}}) {
        std::string whole = decoded(bytes, bytes.size() + 1, limits);
        require(decoded(bytes, 1, limits) == whole);
        require(decoded(bytes, 1 + data[0] % 50, limits) == whole);
    }
    if (auto event = sse::encode({.data = bytes, .id = "7", .type = "t"})) {
        sse::decoder reader;
        bytes_view input = *event;
        auto read = reader.next(input);
        require(read && *read && (*read)->data == with_plain_breaks(bytes));
        require((*read)->id == "7" && (*read)->type == "t" && input.empty());
    }
    return 0;
}
