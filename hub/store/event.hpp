// An event: what arrived on a topic, with its place in the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "sockeye/core/bytes.hpp"

namespace sockeye::hub {

// System time (UTC) in milliseconds.
using event_time = std::chrono::sys_time<std::chrono::milliseconds>;

// A retained event is shown to everybody who subscribes to its topic later.
enum class retain : std::uint8_t { no, yes };

// The file that an event on `files/<path>` tells about.
struct file_reference {
    enum class change : std::uint8_t { stored, removed };

    std::string path;
    std::string hash;        // SHA-256 in hexadecimal; of the former content when removed
    std::uint64_t size = 0;  // bytes
    change kind = change::stored;
};

// Immutable once committed, and shared by all its readers on all threads.
struct event {
    std::int64_t id = 0;  // the place in the one append-only log, from 1; 0: not durable
    std::string topic;
    std::string content_type;
    shared_bytes payload;  // empty when `file` is set
    std::string sender;
    event_time time{};  // when the store accepted it
    retain retained = retain::no;
    std::optional<event_time> expires;  // not delivered from history after that
    std::optional<file_reference> file;
};

using shared_event = std::shared_ptr<const event>;

}  // namespace sockeye::hub
