#include "sockeye/net/connect.hpp"

#include "sockeye/core/error.hpp"
#include "sockeye/net/resolve.hpp"
#include "sockeye/net/socket_transport.hpp"
#include "sockeye/runtime/operations.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {

namespace {

class [[nodiscard]] connect_awaiter final : public operation_awaiter<connect_operation> {
  public:
    connect_awaiter(handle h, const address& to) noexcept : handle_(h) { peer = to; }
    connect_awaiter(connect_awaiter&&) noexcept = default;
    // 0 or minus an errno.
    int await_resume() noexcept { return static_cast<int>(outcome()); }
    std::string waits_for() const override { return "connect " + peer.to_string(); }

  private:
    bool start() override { return on().connect(handle_, *this); }
    handle handle_;
};

// Closes a socket that did not get connected.
struct socket_guard {
    socket_guard(engine& on, handle h) noexcept : on(on), h(h) {}
    ~socket_guard() {
        if (h != handle::none) on.close(h);
    }
    engine& on;
    handle h;
};

std::error_code reason_of_errno(int result) {
    return std::error_code(-result, std::generic_category());
}

}  // namespace

task<stream> connect(std::string endpoint, connect_options options) {
    const auto limit = co_await deadline(options.timeout);
    const auto addresses = co_await resolve(endpoint, lookup_for::connecting);
    engine& on = loop::current().engine();
    std::string tried;
    int result = 0;
    for (const address& each : addresses) {
        tried += (tried.empty() ? "" : ", ") + each.to_string();
        result = on.open_socket(each.family(), transport_kind::stream);
        if (result < 0) continue;
        socket_guard guard(on, static_cast<handle>(result));
        result = co_await connect_awaiter(guard.h, each);
        if (result == 0) co_return make_stream(on, std::exchange(guard.h, handle::none), each);
        if (result == -ETIMEDOUT || result == -ECANCELED) break;
    }
    const bool is_one_number = addresses.size() == 1 && tried == endpoint;
    throw error(reason_of_errno(result), "connect",
                is_one_number ? endpoint : endpoint + " (tried " + tried + ")");
}

task<stream> connect(address peer, connect_options options) {
    return connect(peer.to_string(), options);
}

}  // namespace sockeye
