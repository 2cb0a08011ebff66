#include <algorithm>
#include <poll.h>

#include "sockeye/engine/simulated_network.hpp"

namespace sockeye {

namespace {

// UDP's most over IPv4: RFC 768 with RFC 791.
constexpr std::size_t largest_datagram = 65507;

}  // namespace

void simulated_datagram::close() {
    if (is_bound_) world_.network().unbind(*this);
    is_closed_ = true;
}

int simulated_datagram::begin_connect(const address& to) {
    if (to.family() != family_) return -EAFNOSUPPORT;
    if (const int result = bind_for(to); result < 0) return result;
    remote_ = to;
    return 0;
}

std::int64_t simulated_datagram::send_datagram(bytes_view data, const address& to) {
    if (error_) return -take_error();
    const address target = to.is_unspecified() ? remote_ : to;
    if (target.is_unspecified()) return -EDESTADDRREQ;
    if (target.family() != family_) return -EAFNOSUPPORT;
    if (data.size() > largest_datagram) return -EMSGSIZE;
    if (const int result = bind_for(target); result < 0) return result;
    const auto size = static_cast<std::int64_t>(data.size());
    const std::optional<host_id> there = world_.network().host_of(host, target);
    if (!there) return size;
    const address from = local_.is_any()
                             ? world_.network().source_for(host, target).with_port(local_.port())
                             : local_;
    const duration latency = world_.network().latency(host, *there);
    world_.schedule(world_.now() + latency, *there, simulated_event::datagram_arrives,
                    [&world = world_, self = weak<simulated_datagram>(), host = *there, target,
                     message = datagram{std::string(data.text()), from}] {
                        const auto found =
                            world.network().find(host, transport_kind::datagram, target);
                        if (found) return static_cast<simulated_datagram&>(*found).arrive(message);
                        if (const auto sender = self.lock()) sender->refused(target);
                    });
    return size;
}

void simulated_datagram::arrive(datagram message) {
    const bool is_for_us = remote_.is_unspecified() || remote_ == message.from;
    const bool fits = arrived_size_ + message.data.size() <= world_.options().datagram_buffer;
    if (!is_for_us || !fits) return;
    arrived_size_ += message.data.size() + 1;
    arrived_.push_back(std::move(message));
    changed();
}

// ICMP's "port unreachable" comes back, and only a connected socket is told: udp(7).
void simulated_datagram::refused(const address& by) {
    const auto there = world_.network().host_of(host, by);
    const duration latency = world_.network().latency(there.value_or(host), host);
    world_.schedule(world_.now() + latency, host, simulated_event::refusal_arrives,
                    [self = weak<simulated_datagram>(), by] {
                        const auto here = self.lock();
                        if (!here || here->is_closed_ || here->remote_ != by) return;
                        here->error_ = ECONNREFUSED;
                        here->changed();
                    });
}

std::int64_t simulated_datagram::take(datagram& message) {
    if (error_) return -take_error();
    if (arrived_.empty()) return -EAGAIN;
    message = std::move(arrived_.front());
    arrived_.pop_front();
    arrived_size_ -= message.data.size() + 1;
    return static_cast<std::int64_t>(message.data.size());
}

std::int64_t simulated_datagram::receive(std::byte* into, std::size_t size) {
    datagram message;
    const std::int64_t result = take(message);
    if (result < 0) return result;
    const std::size_t count = std::min(size, message.data.size());
    if (count > 0) std::memcpy(into, message.data.data(), count);
    return static_cast<std::int64_t>(count);
}

std::int64_t simulated_datagram::receive_datagram(buffer& data, address& peer) {
    datagram message;
    const std::int64_t result = take(message);
    if (result < 0) return result;
    data = buffer::copy_of(message.data);
    peer = message.from;
    return result;
}

short simulated_datagram::readiness() {
    int events = POLLOUT;
    if (!arrived_.empty() || error_) events |= POLLIN;
    if (error_) events |= POLLERR;
    return static_cast<short>(events);
}

}  // namespace sockeye
