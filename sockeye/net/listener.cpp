#include "sockeye/net/listener.hpp"

#include <cerrno>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sockeye/core/error.hpp"
#include "sockeye/net/resolve.hpp"
#include "sockeye/net/socket_transport.hpp"

namespace sockeye {

namespace {

bytes_view view_of(const int& value) noexcept {
    return {&value, sizeof value};
}

// A socket file is left behind by a server that was killed. Only a connection attempt tells it from
// one that is in use.
bool remove_dead_socket_file(const address& local) {
    if (!local.is_unix() || local.is_abstract() || local.unix_name().empty()) return false;
    const std::string path(local.unix_name());
    struct stat status;
    if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
    const unique_fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!probe) return false;
    sockaddr_storage storage;
    const socklen_t size = local.to_sockaddr(storage);
    if (::connect(probe.get(), reinterpret_cast<sockaddr*>(&storage), size) == 0) return false;
    if (errno != ECONNREFUSED) return false;
    return ::unlink(path.c_str()) == 0;
}

bool is_absent(const error& failure) noexcept {
    const int code = failure.code().value();
    return code == EAFNOSUPPORT || code == EADDRNOTAVAIL;
}

int bind_and_listen(engine& on, handle h, const address& local, const listen_options& options) {
    const int one = 1;
    const int zero = 0;
    int result = 0;
    if (local.is_ip()) result = on.set_option(h, SOL_SOCKET, SO_REUSEADDR, view_of(one));
    if (result == 0 && local.is_ipv6() && local.is_any())
        result = on.set_option(h, 41 /* IPPROTO_IPV6 */, 26 /* IPV6_V6ONLY */, view_of(zero));
    if (result == 0 && local.is_ip() && options.sharing == port_sharing::reuse_port)
        result = on.set_option(h, SOL_SOCKET, SO_REUSEPORT, view_of(one));
    if (result == 0) result = on.bind(h, local);
    if (result == -EADDRINUSE && remove_dead_socket_file(local)) result = on.bind(h, local);
    return result == 0 ? on.listen(h, options.backlog) : result;
}

}  // namespace

listener::listener(const address& local, listen_options options)
    : engine_(&loop::current().engine()) {
    const std::string name = local.to_string();
    handle_ = static_cast<handle>(
        check(engine_->open_socket(local.family(), transport_kind::stream), "listen", name));
    int result = bind_and_listen(*engine_, handle_, local, options);
    if (result == 0) result = engine_->local_address(handle_, local_);
    if (result == 0) return;
    engine_->close(handle_);
    check(result, "listen", name);
}

void listener::close() noexcept {
    if (handle_ == handle::none) return;
    engine_->close(std::exchange(handle_, handle::none));
    if (local_.is_unix() && !local_.is_abstract())
        ::unlink(std::string(local_.unix_name()).c_str());
}

bool accept_awaiter::start() {
    return listener_.engine_->accept(listener_.handle_, *this);
}

std::string accept_awaiter::waits_for() const {
    return "accept at " + listener_.local().to_string();
}

stream accept_awaiter::await_resume() {
    const std::int64_t outcome = this->outcome();
    if (outcome < 0) check(outcome, "accept", listener_.local().to_string());
    return make_stream(*listener_.engine_, static_cast<handle>(outcome), peer);
}

task<std::vector<listener>> listen(std::string endpoint, listen_options options) {
    const auto addresses = co_await resolve(std::move(endpoint), lookup_for::listening);
    std::vector<listener> listeners;
    std::uint16_t port = 0;
    for (const address& each : addresses) {
        // A listener on :: has taken IPv4 in already.
        if (each.is_any() && !listeners.empty()) continue;
        // "localhost:0" is one port, on both of its addresses.
        const bool follows = each.port() == 0 && port != 0;
        try {
            listeners.emplace_back(follows ? each.with_port(port) : each, options);
        } catch (const error& failure) {
            // A machine without IPv6 still has names with IPv6 addresses.
            const bool is_last = &each == &addresses.back() && listeners.empty();
            if (!each.is_ipv6() || is_last || !is_absent(failure)) throw;
            continue;
        }
        port = listeners.back().local().port();
    }
    co_return listeners;
}

}  // namespace sockeye
