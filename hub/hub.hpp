// The hub: everything that devices and people send, in one log and one file store.
#pragma once

#include <string>
#include <vector>

#include "hub/store/store.hpp"
#include "sockeye/core/address.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

struct hub_options {
    std::vector<address> listen;  // loopback addresses; port 0: one that the kernel chooses
    std::string data = "sockeye-data";
    store_options store;
    // A connection on which nothing moves for so long is closed.
    duration idle_timeout = std::chrono::minutes(2);
    duration drain = std::chrono::seconds(10);

    hub_options() = default;
};

// Opens the store, listens on all loops of this `run`, tells stderr where, and serves until it is
// cancelled; then it lets requests under way end, and closes the store. Throws `error` when the
// store cannot be opened or an address is in use.
task<> run_hub(hub_options options);

}  // namespace sockeye::hub
