#include "hub/hub.hpp"

#include <cstdio>
#include <memory>
#include <utility>

#include "hub/web/web_front.hpp"
#include "sockeye/core/error.hpp"
#include "sockeye/net/serve.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/run.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye::hub {
namespace {

// Spreads what is committed to the loops.
class broadcaster final : public committed_listener {
  public:
    broadcaster(store& from, const web_shared& shared) : from_(from), shared_(shared) {
        from_.broadcast_to(this);
    }
    ~broadcaster() { from_.broadcast_to(nullptr); }
    broadcaster(const broadcaster&) = delete;
    broadcaster& operator=(const broadcaster&) = delete;

    void on_committed(std::span<const shared_event> batch) noexcept override {
        live_events::batch events;
        for (const auto& front : shared_.fronts) {
            if (!front->live().is_wanted()) continue;
            if (!events)
                events =
                    std::make_shared<const std::vector<shared_event>>(batch.begin(), batch.end());
            front->on_committed(events);
        }
    }

  private:
    store& from_;
    const web_shared& shared_;
};

std::vector<listener> listen_on(const std::vector<address>& addresses) {
    listen_options options;
    if (all_loops().size() > 1) options.sharing = port_sharing::reuse_port;
    std::vector<listener> listeners;
    for (const address& each : addresses) listeners.emplace_back(each, options);
    return listeners;
}

task<> serve_with_front(task_group& group, web_front* front, std::vector<listener> listeners,
                        serve_options options) {
    group.spawn(front->run(), "web front");
    const auto handler = [front](stream client) { return front->serve(std::move(client)); };
    co_await serve(std::move(listeners), handler, options);
    group.cancel();
}

task<> serve_here(web_front* front, std::vector<address> addresses, serve_options options) {
    co_await with_group(serve_with_front, front, listen_on(addresses), options);
}

task<> serve_on_all_loops(task_group& group, web_shared* shared, std::vector<listener> here,
                          std::vector<address> addresses, serve_options options) {
    for (const auto& front : shared->fronts) {
        if (&front->home() == &loop::current()) continue;
        group.spawn(run_on(front->home(), serve_here(front.get(), addresses, options)), "serve");
    }
    web_front* first = shared->fronts.front().get();
    group.spawn(with_group(serve_with_front, first, std::move(here), options), "serve");
    co_return;
}

void tell_where(const std::vector<address>& addresses, const std::string& data) {
    for (const address& each : addresses)
        std::fprintf(stderr, "sockeye hub: http://%s/ (data in %s)\n", each.to_string().c_str(),
                     data.c_str());
}

}  // namespace

task<> run_hub(hub_options options) {
    // Declared in this order: the store's last calls, at its end, still find the fronts.
    web_shared shared;
    for (loop* each : all_loops())
        shared.fronts.push_back(std::make_shared<web_front>(*each, shared));
    store kept(options.data, options.store);
    shared.store = &kept;
    shared.max_payload_bytes = options.store.max_payload_bytes;

    std::vector<listener> here = listen_on(options.listen);
    std::vector<address> addresses;
    for (const listener& each : here) addresses.push_back(each.local());
    shared.guard = std::make_unique<guard>(addresses);
    broadcaster spreading(kept, shared);
    tell_where(addresses, options.data);

    serve_options serving;
    serving.idle_timeout = options.idle_timeout;
    serving.drain = options.drain;
    const auto ended = co_await as_expected(
        with_group(serve_on_all_loops, &shared, std::move(here), std::move(addresses), serving));
    if (!ended && !ended.error().is_cancelled()) throw ended.error();
}

}  // namespace sockeye::hub
