#include "sockeye/net/datagram.hpp"

#include "sockeye/net/resolve.hpp"

namespace sockeye {

namespace {

class [[nodiscard]] connect_datagram_awaiter final : public operation_awaiter<connect_operation> {
  public:
    connect_datagram_awaiter(handle h, const address& to) noexcept : handle_(h) { peer = to; }
    connect_datagram_awaiter(connect_datagram_awaiter&&) noexcept = default;
    void await_resume() { outcome_or_throw("connect", peer.to_string()); }
    std::string waits_for() const override { return "connect " + peer.to_string(); }

  private:
    bool start() override { return on().connect(handle_, *this); }
    handle handle_;
};

}  // namespace

datagram::datagram(const address& local) : engine_(&loop::current().engine()) {
    const std::string name = local.to_string();
    handle_ = static_cast<handle>(
        check(engine_->open_socket(local.family(), transport_kind::datagram), "bind", name));
    int result = engine_->bind(handle_, local);
    if (result == 0) result = engine_->local_address(handle_, local_);
    if (result == 0) return;
    engine_->close(handle_);
    check(result, "bind", name);
}

task<datagram> datagram::connect(std::string endpoint) {
    const auto addresses = co_await resolve(std::move(endpoint), lookup_for::connecting);
    const address& peer = addresses.front();
    datagram socket(address::any(peer.family(), 0));
    co_await connect_datagram_awaiter(socket.handle_, peer);
    check(socket.engine_->local_address(socket.handle_, socket.local_), "connect",
          peer.to_string());
    socket.peer_ = peer;
    co_return socket;
}

void datagram::close() noexcept {
    if (handle_ != handle::none) engine_->close(std::exchange(handle_, handle::none));
}

bool recv_from_awaiter::start() {
    return datagram_.engine_->recv_from(datagram_.handle_, *this);
}

std::string recv_from_awaiter::waits_for() const {
    return "a datagram at " + datagram_.local().to_string();
}

message recv_from_awaiter::await_resume() {
    const std::int64_t outcome = this->outcome();
    if (outcome < 0) check(outcome, "recv_from", "at " + datagram_.local().to_string());
    return message(std::move(data), peer.is_unspecified() ? datagram_.peer_ : peer);
}

bool send_to_awaiter::start() {
    return datagram_.engine_->send_to(datagram_.handle_, *this);
}

std::string send_to_awaiter::waits_for() const {
    return "room for a datagram to " + (peer.is_unspecified() ? datagram_.peer_ : peer).to_string();
}

void send_to_awaiter::await_resume() {
    const std::int64_t outcome = this->outcome();
    if (outcome >= 0) return;
    check(outcome, "send_to", (peer.is_unspecified() ? datagram_.peer_ : peer).to_string());
}

}  // namespace sockeye
