#include "sockeye/net/name_lookup.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <string>
#include <sys/socket.h>

#include "sockeye/core/error.hpp"
#include "sockeye/core/host_port.hpp"

namespace sockeye {
namespace {

constexpr const char* operation = "look up";

class name_errors final : public std::error_category {
  public:
    const char* name() const noexcept override { return "name lookup"; }
    std::string message(int code) const override { return ::gai_strerror(code); }
};

int number_of(family wanted) {
    if (wanted == family::ipv4) return AF_INET;
    return wanted == family::ipv6 ? AF_INET6 : AF_UNSPEC;
}

// Each address once: without a type of socket, getaddrinfo would name it for each.
std::vector<address> ask_the_system(const host_port& target, lookup_for purpose, family wanted) {
    addrinfo hints{};
    hints.ai_family = number_of(wanted);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | (purpose == lookup_for::listening ? AI_PASSIVE : 0);
    addrinfo* first = nullptr;
    int failure =
        ::getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &first);
    if (failure == EAI_SYSTEM) throw error::from_errno(errno, operation, target.host);
    if (failure != 0) throw error({failure, name_category()}, operation, target.host);

    std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(first, ::freeaddrinfo);
    std::vector<address> found;
    for (const addrinfo* each = first; each != nullptr; each = each->ai_next)
        found.push_back(address::from_sockaddr(each->ai_addr, each->ai_addrlen));
    return found;
}

// IPv6 first: a dual-stack socket on :: serves both.
std::vector<address> this_machine(std::uint16_t port, lookup_for purpose) {
    auto choose = purpose == lookup_for::listening ? address::any : address::loopback;
    return {choose(family::ipv6, port), choose(family::ipv4, port)};
}

std::vector<address> all_of(std::string_view target, lookup_for purpose, family wanted) {
    if (target.starts_with("unix:")) {
        auto local = address::parse(target);
        if (!local) throw error::from_parse(local.error(), operation, target);
        return {*local};
    }
    auto parsed = host_port::parse(target);
    if (!parsed) throw error::from_parse(parsed.error(), operation, target);
    if (parsed->host.empty()) return this_machine(parsed->port, purpose);
    if (auto ip = address::parse_ip(parsed->host, parsed->port)) return {*ip};
    return ask_the_system(*parsed, purpose, wanted);
}

}  // namespace

std::vector<address> look_up(std::string_view target, lookup_for purpose, family wanted) {
    std::vector<address> found = all_of(target, purpose, wanted);
    if (wanted != family::unspecified)
        std::erase_if(found, [&](const address& a) { return a.family() != wanted; });
    if (found.empty())
        throw error({EAI_ADDRFAMILY, name_category()}, operation, std::string(target));
    return found;
}

const std::error_category& name_category() noexcept {
    static const name_errors the_category;
    return the_category;
}

}  // namespace sockeye
