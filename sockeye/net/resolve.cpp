#include "sockeye/net/resolve.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

#include "sockeye/core/error.hpp"
#include "sockeye/core/host_port.hpp"
#include "sockeye/runtime/blocking.hpp"

namespace sockeye {

namespace {

// getaddrinfo's own error numbers: they are not errno values.
class name_errors final : public std::error_category {
  public:
    const char* name() const noexcept override { return "getaddrinfo"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
    std::error_condition default_error_condition(int code) const noexcept override {
        if (code == EAI_AGAIN) return std::errc::resource_unavailable_try_again;
        if (code == EAI_NONAME) return std::errc::no_such_device_or_address;
        return std::error_condition(code, *this);
    }
};

const name_errors name_error_category;

[[noreturn]] void throw_name_error(int code, const host_port& endpoint) {
    const std::error_code reason = code == EAI_SYSTEM
                                       ? std::error_code(errno, std::generic_category())
                                       : std::error_code(code, name_error_category);
    throw error(reason, "resolve", endpoint.to_string());
}

std::vector<address> look_up(const host_port& endpoint) {
    addrinfo hints = {};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int code = ::getaddrinfo(endpoint.host.c_str(), nullptr, &hints, &found);
    if (code != 0) throw_name_error(code, endpoint);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<address> addresses;
    for (const addrinfo* each = found; each; each = each->ai_next) {
        const address a = address::from_sockaddr(each->ai_addr, each->ai_addrlen);
        if (a.is_ip()) addresses.push_back(a.with_port(endpoint.port));
    }
    if (addresses.empty()) throw_name_error(EAI_NONAME, endpoint);
    return addresses;
}

[[noreturn]] void throw_bad_endpoint(const std::string& endpoint, const parse_error& reason) {
    throw error(std::make_error_code(std::errc::invalid_argument),
                "resolve (" + reason.in(endpoint) + ")");
}

}  // namespace

task<std::vector<address>> resolve(std::string endpoint, resolve_for purpose) {
    std::vector<address> addresses;
    if (endpoint.starts_with("unix:")) {
        auto parsed = address::parse(endpoint);
        if (!parsed) throw_bad_endpoint(endpoint, parsed.error());
        addresses.push_back(*parsed);
        co_return addresses;
    }
    const auto parsed = host_port::parse(endpoint);
    if (!parsed) throw_bad_endpoint(endpoint, parsed.error());
    if (parsed->host.empty()) {
        addresses.push_back(purpose == resolve_for::listening
                                ? address::any(family::ipv6, parsed->port)
                                : address::loopback(family::ipv6, parsed->port));
        if (purpose == resolve_for::connecting)
            addresses.push_back(address::loopback(family::ipv4, parsed->port));
        co_return addresses;
    }
    if (const auto number = address::parse_ip(parsed->host, parsed->port)) {
        addresses.push_back(*number);
        co_return addresses;
    }
    const host_port* endpoint_parts = &*parsed;
    addresses = co_await blocking([endpoint_parts] { return look_up(*endpoint_parts); });
    co_return addresses;
}

}  // namespace sockeye
