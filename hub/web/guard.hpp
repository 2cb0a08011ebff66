// Which requests a hub on loopback answers at all: a page from elsewhere, in a browser on the same
// machine, can reach it too.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sockeye/core/address.hpp"
#include "sockeye/protocols/http1/request_head.hpp"

namespace sockeye::hub {

struct refusal {
    unsigned status;
    const char* reason;
};

class guard {
  public:
    // Where the hub listens. `localhost`, and every literal name of these addresses, each with its
    // port (or without where it is 80), is a name of the hub.
    explicit guard(const std::vector<address>& listening);

    // Names that are not the hub's: 421. They come when a name of an attacker's is made to point to
    // this machine ("DNS rebinding"). A request that changes something for a page of another origin
    // (Sec-Fetch-Site, Origin): 403. Programs send neither field.
    std::optional<refusal> check(const http1::request_head& request) const;

  private:
    bool is_own_name(std::string_view host) const;
    std::vector<std::string> names_;
};

}  // namespace sockeye::hub
