#include "sockeye/engine/simulated_network.hpp"

#include <algorithm>

namespace sockeye {

namespace {

constexpr std::uint16_t first_own_port = 32768;
constexpr std::uint16_t own_ports = 28232;

}  // namespace

host_id simulated_network::add_host(std::span<const address> addresses) {
    auto& host = hosts_.emplace_back();
    for (const address& each : addresses) host.push_back(each.with_port(0));
    return static_cast<host_id>(hosts_.size() - 1);
}

bool simulated_network::has_address(host_id host, const address& local) const {
    if (local.is_unix() || local.is_loopback() || local.is_any()) return true;
    const auto& own = hosts_[static_cast<std::size_t>(host)];
    return std::find(own.begin(), own.end(), local.with_port(0)) != own.end();
}

std::optional<host_id> simulated_network::host_of(host_id from, const address& to) const {
    if (has_address(from, to)) return from;
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
        const auto host = static_cast<host_id>(i);
        if (has_address(host, to)) return host;
    }
    return std::nullopt;
}

address simulated_network::source_for(host_id host, const address& to) const {
    if (to.is_any()) return address::loopback(to.family(), 0);
    if (to.is_loopback() || has_address(host, to)) return to.with_port(0);
    for (const address& each : hosts_[static_cast<std::size_t>(host)])
        if (each.family() == to.family()) return each;
    return {};
}

duration simulated_network::latency(host_id from, host_id to) {
    const simulation_options& options = world_.options();
    if (from == to) {
        const auto jitter = static_cast<std::uint64_t>(options.local_latency.count()) + 1;
        return options.local_latency + duration(world_.chance().below(jitter));
    }
    const auto spread = static_cast<std::uint64_t>(
        std::max<duration::rep>((options.most_latency - options.least_latency).count(), 0));
    return options.least_latency + duration(world_.chance().below(spread + 1));
}

bool simulated_network::is_taken(const place& where) const {
    const auto found = bound_.find(where);
    return found != bound_.end() && !found->second.expired();
}

int simulated_network::bind(simulated_socket& socket, const address& local, address& bound) {
    if (!has_address(socket.host, local)) return -EADDRNOTAVAIL;
    place where{socket.host, socket.kind, local};
    if (local.is_ip() && local.port() == 0) {
        std::uint64_t offset = world_.chance().below(own_ports);
        for (unsigned tries = 0; tries < own_ports; ++tries, ++offset) {
            const auto port = static_cast<std::uint16_t>(first_own_port + offset % own_ports);
            where.local = local.with_port(port);
            if (!is_taken(where)) break;
        }
    }
    if (is_taken(where)) return -EADDRINUSE;
    bound_[where] = socket.weak_from_this();
    bound = where.local;
    return 0;
}

void simulated_network::unbind(const simulated_socket& socket) {
    bound_.erase({socket.host, socket.kind, socket.local_});
}

std::shared_ptr<simulated_socket> simulated_network::find(host_id host, transport_kind kind,
                                                          const address& local) const {
    auto found = bound_.find({host, kind, local});
    if (found == bound_.end() && local.is_ip())
        found = bound_.find({host, kind, address::any(local.family(), local.port())});
    return found == bound_.end() ? nullptr : found->second.lock();
}

// --- what all sockets share

int simulated_socket::bind(const address& local) {
    if (local.family() != family_) return -EAFNOSUPPORT;
    if (is_bound_) return -EINVAL;
    const int result = world_.network().bind(*this, local, local_);
    if (result == 0) is_bound_ = true;
    return result;
}

int simulated_socket::local_address(address& out) {
    if (local_.is_unspecified() && family_ != family::unix_domain)
        local_ = address::any(family_, 0);
    out = local_;
    return 0;
}

int simulated_socket::peer_address(address& out) {
    if (remote_.is_unspecified() && family_ != family::unix_domain) return -ENOTCONN;
    out = remote_;
    return 0;
}

int simulated_socket::bind_for(const address& peer) {
    if (is_bound_ || !peer.is_ip()) return 0;
    const address source = world_.network().source_for(host, peer);
    return source.is_unspecified() ? -ENETUNREACH : bind(source);
}

std::size_t simulated_socket::by_chance_less(std::size_t size) {
    const std::uint32_t one_in = world_.options().short_transfer_one_in;
    if (size < 2 || one_in == 0 || !world_.chance().one_in(one_in)) return size;
    return 1 + world_.chance().below(size - 1);
}

}  // namespace sockeye
