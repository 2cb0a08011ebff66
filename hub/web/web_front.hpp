// The hub's HTTP front on one loop: what its connections share.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "hub/store/store.hpp"
#include "hub/web/commit_waits.hpp"
#include "hub/web/counters.hpp"
#include "hub/web/guard.hpp"
#include "hub/web/live.hpp"
#include "sockeye/net/stream.hpp"

namespace sockeye::hub {

class http_connection;
class web_front;

// What the fronts of all loops share. Constant while they run.
struct web_shared {
    hub::store* store = nullptr;
    std::size_t max_payload_bytes = 0;
    std::unique_ptr<hub::guard> guard;
    std::vector<std::shared_ptr<web_front>> fronts;
};

// Made on its loop; outlives the store's last call. For the loop's thread, but for `on_committed`
// and counters().
class web_front : public std::enable_shared_from_this<web_front> {
  public:
    web_front(loop& home, const web_shared& shared);

    // Serves one connection.
    task<> serve(stream client);
    // What runs beside the connections, until it is cancelled.
    task<> run();

    // Chooses who answers a request, and waits for the answer.
    task<> answer_request(http_connection& on);

    // On the store's thread.
    void on_committed(const live_events::batch& events);

    // Queues a publication; the ticket has ended already when it was refused.
    commit_waits::ticket publish(publication what);

    hub::store& store() const noexcept { return *shared_.store; }
    const web_shared& shared() const noexcept { return shared_; }
    commit_waits& commits() const noexcept { return *commits_; }
    live_events& live() noexcept { return live_; }
    web_counters& counters() noexcept { return counters_; }
    loop& home() const noexcept { return home_; }

  private:
    loop& home_;
    const web_shared& shared_;
    web_counters counters_;
    live_events live_{counters_};
    std::shared_ptr<commit_waits> commits_;
};

}  // namespace sockeye::hub
