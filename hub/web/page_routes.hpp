// What is neither a topic nor a file: the pages, the numbers, and whether all is well.
#pragma once

#include <span>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class http_connection;

// What keeps a page from running anything but the hub's own scripts, or being framed.
std::span<const http::header> page_headers() noexcept;

// The hub's own pages. Scripts and styles come from the hub alone; nobody may frame it.
task<> get_page(http_connection& on, std::string_view rest);

// {"status":"ok"}, or 503 once the disk has failed.
task<> get_health(http_connection& on, std::string_view rest);

// Prometheus' text format 0.0.4.
task<> get_metrics(http_connection& on, std::string_view rest);

}  // namespace sockeye::hub
