// A server: one handler, many connections, a good end.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sockeye/net/listener.hpp"
#include "sockeye/net/stream.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye {

// Any callable that makes a task of a stream, kept as long as the server runs: functions, and
// lambdas with or without captures. With several loops it is called on all of their threads.
class stream_handler {
  public:
    template <class F>
        requires std::is_invocable_r_v<task<>, F&, stream>
    stream_handler(F f) : callable_(std::make_shared<holder<F>>(std::move(f))) {}

    task<> operator()(stream client) const { return callable_->call(std::move(client)); }

  private:
    struct base {
        virtual ~base() = default;
        virtual task<> call(stream client) = 0;
    };
    template <class F>
    struct holder final : base {
        explicit holder(F f) : function(std::move(f)) {}
        task<> call(stream client) override { return function(std::move(client)); }
        F function;
    };
    std::shared_ptr<base> callable_;
};

// What a server has counted; each loop of it its own.
struct serve_counters {
    std::uint64_t accepted = 0;
    std::uint64_t refused_by_system = 0;  // accepts that failed for want of descriptors or memory
    std::uint64_t failed = 0;             // handlers that ended with an exception
    std::uint64_t open = 0;               // gauge
};

struct serve_options {
    // On each loop. Further connections wait in the kernel's queue.
    std::size_t max_connections = 100'000;
    // A connection on which nothing moves for so long ends with a timeout. Zero: never.
    duration idle_timeout = std::chrono::minutes(5);
    // How long connections may go on once the server is cancelled. They read an end of stream at
    // once; whoever has not ended by then is cancelled.
    duration drain = std::chrono::seconds(10);
    int backlog = 4096;
    // Called with the exception of a handler, on its loop's thread. Without one, an `error` (the
    // peer's doing) is only counted, and any other exception written to stderr.
    void (*on_error)(const std::exception_ptr& failure) = nullptr;
    // Kept up to date, on the loop's thread, when there is one; of several loops the one that
    // called `serve`.
    serve_counters* counters = nullptr;
};

// Serves every connection to `endpoint` ("localhost:12345", ":8080", "unix:/run/x.sock") with a
// task of `handler`, on every loop of this `run` (a UNIX socket: on this one), until it is
// cancelled; then it drains and returns. Throws `error` when it cannot listen.
task<> serve(std::string endpoint, stream_handler handler, serve_options options = {});

// The same on this loop alone, for those who want to know the port before, or listen in a way of
// their own.
task<> serve(std::vector<listener> listeners, stream_handler handler, serve_options options = {});

}  // namespace sockeye
