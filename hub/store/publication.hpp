// What goes into the store, and what comes back.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "hub/store/event.hpp"

namespace sockeye::hub {

// How a request to the store ended. The HTTP status that says the same stands beside it.
enum class store_status : std::uint8_t {
    stored,      // 200: durable
    repeated,    // 200: its idempotency key was stored before, under the id that is given
    invalid,     // 400: topic, path or key against the rules
    not_found,   // 404: no such file
    conflict,    // 409: the path is a directory, or lies below a file
    too_large,   // 413: one payload or file beyond its limit
    overloaded,  // 503: the queue is full, nothing was queued
    no_space,    // 507: the disk or the quota is full, nothing was stored; may succeed later
    failed,      // 500: the disk failed, no write is accepted any more
    closed,      // 503: the store is closing
};

std::string_view name_of(store_status status) noexcept;

// Why a request was refused, in a sentence for people.
struct store_failure {
    store_status status = store_status::failed;
    std::string reason;
};

// An event on its way into the store. The store gives the id and the time.
struct publication {
    std::string topic;
    std::string content_type;
    shared_bytes payload;
    std::string sender;
    // With an empty payload: clears what is retained on the topic (and is stored as an event).
    retain retained = retain::no;
    std::optional<std::chrono::milliseconds> lifetime;  // from now; none: until it is pruned
    // At most 255 bytes; empty: none. A second publication with the same key answers the first
    // one's id and stores nothing, for as long as the first one's event is kept.
    std::string idempotency_key;
};

// The end of one publication.
struct publish_result {
    std::uint64_t token = 0;  // what the publisher gave
    store_status status = store_status::failed;
    std::int64_t id = 0;      // when stored or repeated
    std::string_view reason;  // when neither; lives during the call
};

// Hears the ends of its publications. Each loop has one, and hops to its thread once per call.
class publish_listener {
  public:
    // On the store's thread, once for each batch that holds publications of this listener, in
    // the order of their ids; after the commit and after `committed_listener`. Must be quick, must
    // not throw, must not wait for the store.
    virtual void on_published(std::span<const publish_result> results) noexcept = 0;

  protected:
    ~publish_listener() = default;
};

// Hears all that is committed. The hub has one, which spreads the batch to the loops.
class committed_listener {
  public:
    // On the store's thread, once per commit, ids ascending without holes over all calls. The span
    // lives during the call, the events as long as somebody holds them. Must be quick and not
    // throw.
    virtual void on_committed(std::span<const shared_event> batch) noexcept = 0;

  protected:
    ~committed_listener() = default;
};

}  // namespace sockeye::hub
