// Whatever text comes: no crash, an error inside the text, and an accepted URL reads the same
// again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sockeye/core/percent.hpp"
#include "sockeye/core/url.hpp"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto parsed = sockeye::url::parse(text);
    if (parsed) {
        require(parsed->to_string().size() == text.size());
        auto again = sockeye::url::parse(parsed->to_string());
        require(again && *again == *parsed);
        require(again->host() == parsed->host() && again->port() == parsed->port());
        require(sockeye::percent_decode(parsed->path()).has_value());
        require(parsed->request_target().size() <= text.size() + 1);
    } else {
        require(parsed.error().position <= text.size());
        require(!parsed.error().in(text).empty());
    }
    require(*sockeye::percent_decode(sockeye::percent_encode(text)) == text);
    return 0;
}
