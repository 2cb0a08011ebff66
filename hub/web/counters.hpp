// What one loop's web front has counted.
#pragma once

#include <atomic>
#include <cstdint>

namespace sockeye::hub {

// Written by one thread, read by any.
class counter {
  public:
    void add(std::uint64_t amount = 1) noexcept { set(value() + amount); }
    void subtract(std::uint64_t amount = 1) noexcept { set(value() - amount); }
    std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

  private:
    void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
    std::atomic<std::uint64_t> value_ = 0;
};

struct web_counters {
    counter requests;
    counter refused;         // requests that are no HTTP/1.1, or came too slowly
    counter forbidden;       // requests with a wrong Host or Origin
    counter connections;     // accepted
    counter open;            // gauge: connections
    counter readers;         // gauge: event streams
    counter delivered;       // events handed to event streams live
    counter not_delivered;   // events that a reader's full queue did not take
    counter readers_behind;  // times that a reader went back to the log
    counter received_bytes;  // of bodies
};

}  // namespace sockeye::hub
