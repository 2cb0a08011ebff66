// Making connections.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "sockeye/net/stream.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

struct connect_options {
    // For all of it: the look-up and every address.
    duration timeout = std::chrono::seconds(30);
};

// Connects to "db.local:5432", "[::1]:80" or "unix:/run/x.sock", trying one address after the
// other. Throws an `error` that names every address that was tried:
//   connect db.local:5432 (tried [::1]:5432, 127.0.0.1:5432): connection refused
task<stream> connect(std::string endpoint, connect_options options = {});

// The same to one address.
task<stream> connect(address peer, connect_options options = {});

}  // namespace sockeye
