// A world for programs under test: one virtual clock, one seed, hosts and the network between
// them. Each host runs its program on an engine of its own; what happens, and when, follows from
// the seed alone, so that a failing seed replays exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "sockeye/core/address.hpp"
#include "sockeye/core/clock.hpp"
#include "sockeye/engine/xoroshiro.hpp"

namespace sockeye {

class simulated_engine;
class simulated_network;

// Who moves the clock. `by_waiting`: an engine with nothing to report moves it in `run_once`, which
// suits a single engine. `by_driver`: `run_once` only reports what has come, and whoever runs the
// hosts calls `simulation::advance` when none has anything left to do.
enum class time_passes : std::uint8_t { by_waiting, by_driver };

struct simulation_options {
    std::uint64_t seed = 1;
    time_passes time = time_passes::by_waiting;
    // One way between two hosts, evenly spread; within a host it is `local_latency`.
    duration least_latency = std::chrono::microseconds(100);
    duration most_latency = std::chrono::milliseconds(2);
    duration local_latency = std::chrono::microseconds(20);
    // The longest that a read, write or sync of a file takes.
    duration disk_latency = std::chrono::microseconds(200);
    // What one direction of a stream holds, in bytes.
    std::size_t stream_buffer = 64 * 1024;
    // What waits to be read from a datagram socket, in bytes; more is dropped.
    std::size_t datagram_buffer = 208 * 1024;
    // One transfer in this many is shorter than it could be; 0: none.
    std::uint32_t short_transfer_one_in = 4;
    // The wall clock at the beginning, since 1970.
    std::chrono::nanoseconds wall_time = std::chrono::seconds(1'767'225'600);
};

enum class host_id : std::uint32_t {};

// What happens in a simulated world, for its trace.
enum class simulated_event : std::uint8_t {
    connection_asked,
    connection_answered,
    bytes_arrive,
    end_arrives,
    reset_arrives,
    room_arrives,
    datagram_arrives,
    refusal_arrives,
    disk_done,
    work_done,
    completion,
};

// Not thread-safe, and it outlives its engines.
class simulation {
  public:
    explicit simulation(const simulation_options& options = {});
    ~simulation();
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    // A host with these IP addresses (their ports are not looked at), and 127.0.0.1 and ::1.
    host_id add_host(std::span<const address> addresses);
    // An engine for a program on that host.
    std::unique_ptr<simulated_engine> make_engine(host_id host);

    time_point now() const noexcept { return now_; }
    std::chrono::nanoseconds wall_time() const noexcept;
    // When something next happens; nothing: only a program can still start something.
    std::optional<time_point> next_event() const noexcept;
    // Moves the clock to the next event, if that is not after `until`, and lets it happen: true.
    // Otherwise moves the clock to `until` (not for time_point::max()): false.
    bool advance(time_point until);

    // A number for all that has happened so far, in its order. Two runs of one seed agree on it.
    std::uint64_t trace() const noexcept { return trace_; }

    // For the engines and the network.
    const simulation_options& options() const noexcept { return options_; }
    xoroshiro& chance() noexcept { return chance_; }
    simulated_network& network() noexcept { return *network_; }
    void schedule(time_point when, host_id host, simulated_event what, std::function<void()> then);
    void note(host_id host, simulated_event what, std::uint64_t a, std::uint64_t b) noexcept;

  private:
    struct event {
        host_id host;
        simulated_event what;
        std::function<void()> then;
    };
    // By time, then in the order of scheduling.
    using moment = std::pair<time_point, std::uint64_t>;

    simulation_options options_;
    time_point started_;
    time_point now_;
    xoroshiro chance_;
    std::map<moment, event> events_;
    std::uint64_t scheduled_ = 0;
    std::uint64_t trace_ = 0;
    std::uint64_t engines_ = 0;
    std::unique_ptr<simulated_network> network_;
};

}  // namespace sockeye
