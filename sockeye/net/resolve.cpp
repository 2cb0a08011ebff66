#include "sockeye/net/resolve.hpp"

#include "sockeye/core/host_port.hpp"
#include "sockeye/runtime/blocking.hpp"

namespace sockeye {

namespace {

// A name of the network. Numbers, UNIX names, and what cannot be read at all are answered at once.
bool is_name(const std::string& endpoint) {
    if (endpoint.starts_with("unix:")) return false;
    const auto parsed = host_port::parse(endpoint);
    return parsed && !parsed->host.empty() && !address::parse_ip(parsed->host);
}

}  // namespace

task<std::vector<address>> resolve(std::string endpoint, lookup_for purpose) {
    if (!is_name(endpoint)) co_return look_up(endpoint, purpose);
    const std::string* name = &endpoint;
    co_return co_await blocking([name, purpose] { return look_up(*name, purpose); });
}

}  // namespace sockeye
