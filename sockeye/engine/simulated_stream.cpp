#include <algorithm>
#include <poll.h>

#include "sockeye/engine/simulated_network.hpp"

namespace sockeye {

namespace {

// Linux asks seven times, after 1, 2, 4... seconds, and gives up after 127: tcp_syn_retries.
constexpr unsigned most_retries = 6;

}  // namespace

simulated_stream::simulated_stream(simulation& world, host_id host, family protocol)
    : simulated_socket(world, host, protocol, transport_kind::stream),
      room_(world.options().stream_buffer) {}

void simulated_stream::join(simulated_stream& a, simulated_stream& b) {
    a.peer_ = b.weak<simulated_stream>();
    b.peer_ = a.weak<simulated_stream>();
    a.peer_host_ = b.host;
    b.peer_host_ = a.host;
    a.state_ = b.state_ = state::connected;
}

template <class Then>
void simulated_stream::to_peer(simulated_event what, Then then) {
    const duration latency = world_.network().latency(host, peer_host_);
    last_arrival_ = std::max(last_arrival_, world_.now() + latency);
    world_.schedule(last_arrival_, peer_host_, what,
                    [peer = peer_, self = weak<simulated_stream>(), then = std::move(then)] {
                        const auto there = peer.lock();
                        if (there && there->state_ == state::connected) return then(*there);
                        if (const auto here = self.lock()) here->was_reset();
                    });
}

// --- connecting

int simulated_stream::listen(int backlog) {
    if (state_ == state::connected || state_ == state::connecting) return -EINVAL;
    if (!is_bound_ && family_ != family::unix_domain) bind(address::any(family_, 0));
    state_ = state::listening;
    backlog_ = std::max(backlog, 0);
    return 0;
}

int simulated_stream::begin_connect(const address& to) {
    if (state_ == state::connected) return -EISCONN;
    if (state_ != state::fresh) return -EALREADY;
    if (to.family() != family_) return -EAFNOSUPPORT;
    if (const int result = bind_for(to); result < 0) return result;
    remote_ = to.is_any() ? address::loopback(to.family(), to.port()) : to;
    state_ = state::connecting;
    ask(0);
    return -EINPROGRESS;
}

void simulated_stream::ask(unsigned attempt) {
    const std::optional<host_id> there = world_.network().host_of(host, remote_);
    if (there) {
        peer_host_ = *there;
        const duration latency = world_.network().latency(host, *there);
        world_.schedule(world_.now() + latency, *there, simulated_event::connection_asked,
                        [self = weak<simulated_stream>(), attempt] {
                            if (const auto client = self.lock()) client->asked(client, attempt);
                        });
        return;
    }
    asked(nullptr, attempt);
}

// At the other host: answers, or lets the client ask again after a while.
void simulated_stream::asked(const std::shared_ptr<simulated_stream>& client, unsigned attempt) {
    if (state_ != state::connecting) return;
    const auto answer_later = [this](duration after, int error) {
        world_.schedule(world_.now() + after, host, simulated_event::connection_answered,
                        [self = weak<simulated_stream>(), error] {
                            if (const auto here = self.lock()) here->answered(error);
                        });
    };
    std::shared_ptr<simulated_socket> found;
    if (client) found = world_.network().find(peer_host_, kind, remote_);
    auto* listener = static_cast<simulated_stream*>(found.get());
    if (client && (!listener || listener->state_ != state::listening))
        return answer_later(world_.network().latency(peer_host_, host), ECONNREFUSED);
    const bool is_full =
        !listener || listener->pending_.size() > static_cast<std::size_t>(listener->backlog_);
    if (is_full) {
        const duration wait = std::chrono::seconds(1 << attempt);
        if (attempt == most_retries) return answer_later(wait, ETIMEDOUT);
        world_.schedule(world_.now() + wait, host, simulated_event::connection_asked,
                        [self = weak<simulated_stream>(), attempt] {
                            const auto here = self.lock();
                            if (here && here->state_ == state::connecting) here->ask(attempt + 1);
                        });
        return;
    }
    auto server = std::make_shared<simulated_stream>(world_, peer_host_, family_);
    server->local_ = remote_;
    server->remote_ = local_;
    join(*server, *client);
    state_ = state::connecting;
    listener->pending_.push_back(server);
    listener->changed();
    const duration latency = world_.network().latency(peer_host_, host);
    server->last_arrival_ = world_.now() + latency;
    world_.schedule(world_.now() + latency, host, simulated_event::connection_answered,
                    [self = weak<simulated_stream>(), server = server->weak<simulated_stream>()] {
                        const auto here = self.lock();
                        if (here && here->state_ == state::connecting) return here->answered(0);
                        if (const auto there = server.lock()) there->was_reset();
                    });
}

void simulated_stream::answered(int error) {
    if (state_ != state::connecting) return;
    if (error == 0) {
        state_ = state::connected;
    } else {
        error_ = error;
        state_ = state::fresh;
    }
    changed();
}

int simulated_stream::end_connect() {
    if (state_ == state::connecting) return -EAGAIN;
    return -take_error();
}

std::int64_t simulated_stream::accept(address& peer, std::shared_ptr<simulated_endpoint>& out) {
    if (state_ != state::listening) return -EINVAL;
    if (pending_.empty()) return -EAGAIN;
    peer = pending_.front()->remote_;
    out = std::move(pending_.front());
    pending_.pop_front();
    return 0;
}

// --- bytes

// A sender waits until a quarter of the window is free, or the pieces would become ever smaller:
// RFC 9293, section 3.8.6.2.1.
std::size_t simulated_stream::least_room() const {
    return std::max<std::size_t>(world_.options().stream_buffer / 4, 1);
}

std::int64_t simulated_stream::send(bytes_view data) {
    if (error_) return -take_error();
    if (end_was_sent_ || state_ == state::fresh) return -EPIPE;
    if (state_ != state::connected || room_ < std::min(data.size(), least_room())) return -EAGAIN;
    const std::size_t size = by_chance_less(std::min(data.size(), room_));
    room_ -= size;
    to_peer(simulated_event::bytes_arrive,
            [text = std::string(data.first(size).text())](simulated_stream& there) {
                if (there.receives_no_more_) return there.give_room(text.size());
                there.arrived_ += text;
                there.changed();
            });
    return static_cast<std::int64_t>(size);
}

std::int64_t simulated_stream::receive(std::byte* into, std::size_t size) {
    if (!arrived_.empty()) {
        const std::size_t count = by_chance_less(std::min(size, arrived_.size()));
        std::memcpy(into, arrived_.data(), count);
        arrived_.erase(0, count);
        give_room(count);
        return static_cast<std::int64_t>(count);
    }
    if (error_) return -take_error();
    if (end_has_come_ || receives_no_more_) return 0;
    return state_ == state::connected ? -EAGAIN : -ENOTCONN;
}

// The other end may send as much again. Outside the order of the stream, as an acknowledgement is.
void simulated_stream::give_room(std::size_t size) {
    const duration latency = world_.network().latency(host, peer_host_);
    world_.schedule(world_.now() + latency, peer_host_, simulated_event::room_arrives,
                    [peer = peer_, size] {
                        const auto there = peer.lock();
                        if (!there) return;
                        there->room_ += size;
                        there->changed();
                    });
}

// --- ends

void simulated_stream::send_end() {
    if (std::exchange(end_was_sent_, true) || state_ != state::connected) return;
    const duration latency = world_.network().latency(host, peer_host_);
    last_arrival_ = std::max(last_arrival_, world_.now() + latency);
    world_.schedule(last_arrival_, peer_host_, simulated_event::end_arrives, [peer = peer_] {
        const auto there = peer.lock();
        if (!there) return;
        there->end_has_come_ = true;
        there->changed();
    });
}

void simulated_stream::reset_peer() {
    const duration latency = world_.network().latency(host, peer_host_);
    last_arrival_ = std::max(last_arrival_, world_.now() + latency);
    world_.schedule(last_arrival_, peer_host_, simulated_event::reset_arrives, [peer = peer_] {
        if (const auto there = peer.lock()) there->was_reset();
    });
}

void simulated_stream::was_reset() {
    if (end_has_come_ && end_was_sent_) return;
    // A connect whose server has gone meanwhile is still told that it is connected first.
    if (state_ == state::connecting) state_ = state::connected;
    if (state_ != state::connected) return;
    error_ = end_has_come_ ? EPIPE : ECONNRESET;
    end_has_come_ = true;
    end_was_sent_ = true;
    changed();
}

int simulated_stream::shutdown(shutdown_how how) {
    if (state_ != state::connected) return -ENOTCONN;
    if (how != shutdown_how::sending) receives_no_more_ = true;
    if (how != shutdown_how::receiving) send_end();
    changed();
    return 0;
}

void simulated_stream::close() {
    if (is_bound_) world_.network().unbind(*this);
    for (const auto& waiting : pending_) {
        waiting->reset_peer();
        waiting->state_ = state::closed;
    }
    pending_.clear();
    if (state_ == state::connected) {
        if (arrived_.empty())
            send_end();
        else
            reset_peer();
    }
    state_ = state::closed;
}

short simulated_stream::readiness() {
    if (state_ == state::listening) return pending_.empty() ? 0 : POLLIN;
    int events = 0;
    if (!arrived_.empty() || end_has_come_ || receives_no_more_ || error_) events |= POLLIN;
    if (state_ == state::connected && (room_ >= least_room() || end_was_sent_)) events |= POLLOUT;
    if (error_) events |= POLLERR | POLLOUT;
    if (state_ == state::fresh || (end_has_come_ && end_was_sent_)) events |= POLLHUP;
    return static_cast<short>(events);
}

}  // namespace sockeye
