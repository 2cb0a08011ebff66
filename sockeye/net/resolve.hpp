// From names to addresses, without holding up the loop.
#pragma once

#include <string>
#include <vector>

#include "sockeye/net/name_lookup.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// `look_up` for coroutines: what needs getaddrinfo(3) runs on the pool of blocking threads. It
// cannot be interrupted there: a cancelled look-up ends when the system has answered.
task<std::vector<address>> resolve(std::string endpoint, lookup_for purpose);

}  // namespace sockeye
