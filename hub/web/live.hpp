// What is committed, on its way to those who listen at this moment; one for each loop.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/store/event.hpp"
#include "hub/topics/subscriptions.hpp"
#include "hub/web/counters.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

// An event, encoded at most once for each form in which somebody wants it.
class live_event {
  public:
    explicit live_event(shared_event what) noexcept : event_(std::move(what)) {}

    const shared_event& get() const noexcept { return event_; }
    std::int64_t id() const noexcept { return event_->id; }
    // As an event stream has it (event_stream_text.hpp), alone and as a chunk of a chunked body.
    const shared_bytes& stream_text();
    const shared_bytes& stream_chunk();

  private:
    shared_event event_;
    shared_bytes text_;
    shared_bytes chunk_;
};

class live_subscriber {
  public:
    // Once or more for an event that its filters select; ids ascend.
    virtual void deliver(live_event& what) noexcept = 0;
    // About every 15 s: all up to that id has been delivered.
    virtual void heartbeat(std::int64_t delivered_up_to) noexcept = 0;

  protected:
    ~live_subscriber() = default;
};

// All but `is_wanted` is for the loop's thread.
class live_events {
  public:
    using batch = std::shared_ptr<const std::vector<shared_event>>;

    explicit live_events(web_counters& counters) : counters_(counters) {}

    // From here on it is told of all that `add` brings. The filters are valid.
    void subscribe(live_subscriber& who, const std::vector<std::string>& filters);
    void unsubscribe(live_subscriber& who, const std::vector<std::string>& filters);

    // Whether anybody would be told: for the store's thread, to spare the hop. A subscriber whom
    // it overlooks has not yet read the history, in which he will find the batch.
    bool is_wanted() const noexcept { return count_.load() != 0; }
    // What was committed, in order.
    void add(batch events);

    // Tells the subscribers what was added, until it is cancelled.
    //
    // A send costs as much for one event as for fifty. So a round of telling is followed by a pause
    // as long as the round took: with few readers it is too short to notice, with a thousand what
    // comes meanwhile leaves together, and half of the loop's time is left for publishers.
    task<> spread();
    // Heartbeats, until it is cancelled.
    task<> beat();

  private:
    void tell(const batch& events);

    web_counters& counters_;
    subscriptions subscriptions_;
    std::vector<live_subscriber*> subscribers_;
    std::atomic<std::size_t> count_ = 0;
    std::vector<batch> added_;
    channel<char> has_more_{1};
    std::int64_t told_up_to_ = 0;
};

}  // namespace sockeye::hub
