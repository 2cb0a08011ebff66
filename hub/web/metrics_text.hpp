// The hub's numbers in Prometheus' text format 0.0.4.
#pragma once

#include <string>

#include "hub/store/store.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/runtime/loop.hpp"

namespace sockeye::hub {

void append_store_metrics(std::string& out, const store_counters& counters);
// The sums over all loops' fronts.
void append_web_metrics(std::string& out, const web_shared& shared);
// Sums over the loops too.
void append_loop_metrics(std::string& out, const loop_counters& counters);

}  // namespace sockeye::hub
