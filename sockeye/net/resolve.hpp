// From names to addresses.
#pragma once

#include <string>
#include <vector>

#include "sockeye/core/address.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

enum class resolve_for : unsigned char { connecting, listening };

// The addresses of "localhost:80", "[::1]:80", ":8080", "unix:/run/x.sock", in the order in which
// they should be tried. Numbers and UNIX names are read at once; other names are looked up by
// getaddrinfo(3) on the pool of blocking threads. An empty host is every address of this machine
// (listening) or this machine itself (connecting). Throws `error`; never gives an empty list.
task<std::vector<address>> resolve(std::string endpoint, resolve_for purpose);

}  // namespace sockeye
