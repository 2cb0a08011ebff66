#include "hub/web/live.hpp"

#include <algorithm>
#include <chrono>

#include "hub/web/event_stream_text.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye::hub {
namespace {

constexpr duration time_between_heartbeats = std::chrono::seconds(15);
// However long a round took, nobody waits longer for the next one.
constexpr duration longest_pause = std::chrono::milliseconds(50);

subscriber_id id_of(live_subscriber& who) noexcept {
    return reinterpret_cast<std::uintptr_t>(&who);
}

}  // namespace

const shared_bytes& live_event::stream_text() {
    if (text_.empty()) {
        std::string text;
        append_stream_event(text, *event_);
        text_ = shared_bytes(text);
    }
    return text_;
}

const shared_bytes& live_event::stream_chunk() {
    if (chunk_.empty()) {
        std::string text;
        append_stream_event(text, *event_);
        chunk_ = shared_bytes(as_chunk(text));
    }
    return chunk_;
}

void live_events::subscribe(live_subscriber& who, const std::vector<std::string>& filters) {
    for (const std::string& filter : filters) subscriptions_.insert(filter, id_of(who));
    subscribers_.push_back(&who);
    counters_.readers.add();
    count_.store(subscribers_.size());
}

void live_events::unsubscribe(live_subscriber& who, const std::vector<std::string>& filters) {
    for (const std::string& filter : filters) subscriptions_.erase(filter, id_of(who));
    std::erase(subscribers_, &who);
    counters_.readers.subtract();
    count_.store(subscribers_.size());
}

void live_events::add(batch events) {
    added_.push_back(std::move(events));
    if (added_.size() == 1) has_more_.try_send(0);
}

void live_events::tell(const batch& events) {
    for (const shared_event& each : *events) {
        live_event what(each);
        told_up_to_ = each->id;
        subscriptions_.match(each->topic, [&what](subscriber_id id) {
            reinterpret_cast<live_subscriber*>(static_cast<std::uintptr_t>(id))->deliver(what);
        });
    }
}

task<> live_events::spread() {
    for (;;) {
        co_await has_more_.recv();
        const time_point start = loop::current().engine().now();
        std::vector<batch> round;
        round.swap(added_);
        for (const batch& each : round) tell(each);
        // The sends are made when this turn ends.
        co_await yield();
        const duration taken = loop::current().engine().now() - start;
        co_await sleep(std::min(taken, longest_pause));
    }
}

task<> live_events::beat() {
    for (;;) {
        co_await sleep(time_between_heartbeats);
        for (live_subscriber* each : subscribers_) each->heartbeat(told_up_to_);
    }
}

}  // namespace sockeye::hub
