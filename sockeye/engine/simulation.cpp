#include "sockeye/engine/simulation.hpp"

#include "sockeye/engine/simulated_engine.hpp"
#include "sockeye/engine/simulated_network.hpp"

namespace sockeye {

simulation::simulation(const simulation_options& options)
    : options_(options),
      // Not zero, so that a time "an hour ago" is still one.
      started_(std::chrono::hours(24)),
      now_(started_),
      chance_(options.seed),
      network_(std::make_unique<simulated_network>(*this)) {}

simulation::~simulation() = default;

host_id simulation::add_host(std::span<const address> addresses) {
    return network_->add_host(addresses);
}

std::unique_ptr<simulated_engine> simulation::make_engine(host_id host) {
    const std::uint64_t seed = options_.seed * 1'000'003 + ++engines_;
    return std::make_unique<simulated_engine>(*this, host, seed);
}

std::chrono::nanoseconds simulation::wall_time() const noexcept {
    return options_.wall_time + (now_ - started_);
}

std::optional<time_point> simulation::next_event() const noexcept {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first.first;
}

bool simulation::advance(time_point until) {
    const std::optional<time_point> next = next_event();
    if (!next || *next > until) {
        if (until != time_point::max()) now_ = std::max(now_, until);
        return false;
    }
    auto first = events_.extract(events_.begin());
    now_ = std::max(now_, *next);
    note(first.mapped().host, first.mapped().what, first.key().second, 0);
    first.mapped().then();
    return true;
}

void simulation::schedule(time_point when, host_id host, simulated_event what,
                          std::function<void()> then) {
    events_.emplace(moment(when, scheduled_++), event{host, what, std::move(then)});
}

void simulation::note(host_id host, simulated_event what, std::uint64_t a,
                      std::uint64_t b) noexcept {
    const std::uint64_t words[] = {static_cast<std::uint64_t>(now_.time_since_epoch().count()),
                                   static_cast<std::uint64_t>(host),
                                   static_cast<std::uint64_t>(what), a, b};
    for (const std::uint64_t word : words) {
        trace_ = (trace_ ^ word) * 0x9e3779b97f4a7c15;
        trace_ ^= trace_ >> 29;
    }
}

}  // namespace sockeye
