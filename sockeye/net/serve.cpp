#include "sockeye/net/serve.hpp"

#include <cerrno>
#include <cstdio>

#include "sockeye/core/error.hpp"
#include "sockeye/net/resolve.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/run.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {

namespace {

// When the system has no descriptor or memory left, an accept loop that tries again at once would
// only burn the core that those who could free some need.
constexpr duration pause_without_descriptors = std::chrono::milliseconds(50);

bool is_short_of_something(const error& reason) {
    const int code = reason.code().value();
    return code == EMFILE || code == ENFILE || code == ENOBUFS || code == ENOMEM;
}

// The connection died before it was accepted: accept(2) lists these as the peer's affair.
bool is_of_the_connection(const error& reason) {
    switch (reason.code().value()) {
        case ECONNABORTED:
        case EPROTO:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENONET:
        case ENOPROTOOPT:
        case EOPNOTSUPP:
            return true;
        default:
            return false;
    }
}

// One loop's share of a server.
class server final : private task_group::observer {
  public:
    server(stream_handler handler, const serve_options& options)
        : handler_(std::move(handler)),
          options_(options),
          counters_(options.counters ? *options.counters : own_counters_) {
        handlers_.observe(*this);
    }

    task<> run(std::vector<listener> listeners) {
        std::exception_ptr failure;
        try {
            co_await with_group(accept_on_all, this, &listeners);
        } catch (...) {
            failure = std::current_exception();
        }
        listeners.clear();
        co_await drain();
        if (failure && !is_cancellation(failure)) std::rethrow_exception(failure);
    }

  private:
    static task<> accept_on_all(task_group& group, server* self, std::vector<listener>* on) {
        for (listener& each : *on) group.spawn(self->accept_from(&each), "accept");
        co_return;
    }

    task<> accept_from(listener* from) {
        for (;;) {
            if (is_full()) co_await room();
            auto accepted = co_await as_expected(from->accept());
            if (accepted) {
                // Another listener may have taken the last place.
                if (is_full()) co_await room();
                start(std::move(*accepted));
            } else if (is_short_of_something(accepted.error())) {
                ++counters_.refused_by_system;
                co_await sleep(pause_without_descriptors);
            } else if (!is_of_the_connection(accepted.error())) {
                throw accepted.error();
            }
        }
    }

    bool is_full() const noexcept { return handlers_.size() >= options_.max_connections; }

    task<> room() {
        while (is_full()) co_await room_.recv();
        // One end made room, and only one listener was told: the next looks for itself.
        room_.try_send(0);
    }

    void start(stream client) {
        ++counters_.accepted;
        ++counters_.open;
        if (options_.idle_timeout > duration::zero())
            client.set_idle_timeout(options_.idle_timeout);
        connections_.add(client);
        try {
            handlers_.spawn(handler_(std::move(client)), "connection");
        } catch (...) {
            // A handler that is no coroutine may throw before there is a task.
            --counters_.open;
            member_failed(std::current_exception());
        }
    }

    void member_ended() noexcept override {
        --counters_.open;
        if (!is_full()) room_.try_send(0);
    }

    void member_failed(std::exception_ptr failure) noexcept override {
        ++counters_.failed;
        if (options_.on_error) return options_.on_error(failure);
        try {
            std::rethrow_exception(failure);
        } catch (const error&) {
            // The network's ordinary weather.
        } catch (const std::exception& mistake) {
            std::fprintf(stderr, "sockeye: a connection's handler failed: %s\n", mistake.what());
        } catch (...) {
            std::fprintf(stderr, "sockeye: a connection's handler threw what is no exception\n");
        }
    }

    static bool is_cancellation(const std::exception_ptr& failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const error& reason) {
            return reason.is_cancelled();
        } catch (...) {
            return false;
        }
    }

    task<> drain() {
        const auto shelter = co_await shield();
        connections_.end_receiving();
        const auto in_time = co_await as_expected(timeout(options_.drain, handlers_.join()));
        // The join that timed out has cancelled them, and waited.
        if (!in_time && !in_time.error().is_timeout()) throw in_time.error();
    }

    stream_handler handler_;
    serve_options options_;
    serve_counters own_counters_;
    serve_counters& counters_;
    connection_list connections_;
    task_group handlers_;
    channel<char> room_{1};
};

task<> serve_addresses(std::vector<address> addresses, stream_handler handler,
                       serve_options options, listen_options listening) {
    std::vector<listener> listeners;
    for (const address& each : addresses) listeners.emplace_back(each, listening);
    server here(std::move(handler), options);
    co_await here.run(std::move(listeners));
}

task<> serve_on_all_loops(task_group& group, std::vector<listener> here, stream_handler handler,
                          serve_options options, listen_options listening) {
    std::vector<address> addresses;
    for (const listener& each : here) {
        // Only IP addresses can be shared; the first loop alone has the others.
        if (each.local().is_ip()) addresses.push_back(each.local());
    }
    serve_options elsewhere = options;
    elsewhere.counters = nullptr;  // the caller's belong to its own thread
    for (loop* each : all_loops()) {
        if (each == &loop::current() || addresses.empty()) continue;
        group.spawn(run_on(*each, serve_addresses(addresses, handler, elsewhere, listening)),
                    "serve");
    }
    group.spawn(serve(std::move(here), handler, options), "serve");
    co_return;
}

}  // namespace

task<> serve(std::vector<listener> listeners, stream_handler handler, serve_options options) {
    server here(std::move(handler), options);
    co_await here.run(std::move(listeners));
}

task<> serve(std::string endpoint, stream_handler handler, serve_options options) {
    listen_options listening;
    listening.backlog = options.backlog;
    const bool alone = all_loops().size() <= 1;
    if (!alone) listening.sharing = port_sharing::reuse_port;
    std::vector<listener> here = co_await listen(std::move(endpoint), listening);
    if (alone) {
        co_await serve(std::move(here), std::move(handler), options);
        co_return;
    }
    try {
        co_await with_group(serve_on_all_loops, std::move(here), std::move(handler), options,
                            listening);
    } catch (const error& reason) {
        // Cancelled, and drained: the ordinary end of a server.
        if (!reason.is_cancelled()) throw;
    }
}

}  // namespace sockeye
