// Whatever text or structure comes: no crash, and what is accepted survives writing and reading.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <sys/socket.h>

#include "sockeye/core/address.hpp"
#include "sockeye/core/clock.hpp"
#include "sockeye/core/escape.hpp"
#include "sockeye/core/host_port.hpp"
#include "sockeye/core/network.hpp"

namespace {

using sockeye::address;

void require(bool holds) {
    if (!holds) std::abort();
}

template <class Value>
void reads_its_own_text(std::string_view text) {
    auto parsed = Value::parse(text);
    if (parsed) {
        auto again = Value::parse(parsed->to_string());
        require(again && *again == *parsed);
    } else {
        require(parsed.error().position <= text.size());
    }
}

void survives_the_kernel(const address& a) {
    sockaddr_storage storage;
    std::uint32_t length = a.to_sockaddr(storage);
    require(address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length) == a);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    reads_its_own_text<address>(text);
    reads_its_own_text<sockeye::network>(text);
    reads_its_own_text<sockeye::host_port>(text);
    if (auto a = address::parse(text)) survives_the_kernel(*a);
    if (auto time = sockeye::parse_duration(text))
        require(sockeye::parse_duration(sockeye::format_duration(*time)) == *time);
    require(*sockeye::unescape(sockeye::escape(text)) == text);

    sockaddr_storage storage{};
    std::size_t length = std::min(size, sizeof storage);
    std::memcpy(&storage, data, length);
    survives_the_kernel(address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage),
                                               static_cast<std::uint32_t>(length)));
    return 0;
}
