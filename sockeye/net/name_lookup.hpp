// Names to addresses, by the system's own resolver.
#pragma once

#include <cstdint>
#include <string_view>
#include <system_error>
#include <vector>

#include "sockeye/core/address.hpp"

namespace sockeye {

// An empty host is every address of this machine to listen on, and this machine to connect to.
enum class lookup_for : std::uint8_t { connecting, listening };

// The addresses of "localhost:80", "[::1]:80" or "unix:/run/x.sock", in the order in which to try
// them; never none. Numbers and UNIX names are answered at once, for a name this blocks in
// getaddrinfo(3), which has no deadline of its own. A `wanted` family leaves out the others.
// Throws sockeye::error: invalid_argument for a text that cannot be read, else name_category.
std::vector<address> look_up(std::string_view target, lookup_for purpose,
                             family wanted = family::unspecified);

// getaddrinfo's own error numbers, as in "look up nowhere.example: name or service not known".
const std::error_category& name_category() noexcept;

}  // namespace sockeye
