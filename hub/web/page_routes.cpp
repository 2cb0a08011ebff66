#include "hub/web/page_routes.hpp"

#include <algorithm>
#include <string>

#include "hub/embedded_files.hpp"
#include "hub/web/http_connection.hpp"
#include "hub/web/metrics_text.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/runtime/run.hpp"

namespace sockeye::hub {
namespace {

constexpr http::header headers_of_pages[] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
     "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"},
    {"Cache-Control", "no-cache"},
    {"Referrer-Policy", "no-referrer"},
};

task<> add_counters(loop_counters* sum) {
    const loop_counters here = loop::current().counters();
    sum->turns += here.turns;
    sum->resumptions += here.resumptions;
    sum->posted += here.posted;
    sum->tasks += here.tasks;
    sum->timers += here.timers;
    sum->engine.operations += here.engine.operations;
    sum->engine.waits += here.engine.waits;
    sum->engine.sockets += here.engine.sockets;
    sum->engine.buffers_exhausted += here.engine.buffers_exhausted;
    co_return;
}

}  // namespace

std::span<const http::header> page_headers() noexcept {
    return headers_of_pages;
}

task<> get_page(http_connection& on, std::string_view rest) {
    const std::string_view path = rest.empty() ? "index.html" : rest;
    const auto files = embedded_files();
    const auto found = std::ranges::find(files, path, &embedded_file::path);
    if (found == files.end()) {
        co_await on.refuse(404, "there is no such path");
        co_return;
    }
    answer what;
    what.content_type = found->content_type;
    what.headers = page_headers();
    what.body = found->bytes;
    co_await on.respond(what);
}

task<> get_health(http_connection& on, std::string_view) {
    const bool has_failed = on.front().store().counters().failed;
    answer what;
    what.status = has_failed ? 503 : 200;
    what.content_type = "application/json";
    what.body = has_failed ? "{\"status\":\"the disk failed\"}\n" : "{\"status\":\"ok\"}\n";
    co_await on.respond(what);
}

task<> get_metrics(http_connection& on, std::string_view) {
    loop_counters loops;
    for (loop* each : all_loops()) {
        if (each == &loop::current())
            co_await add_counters(&loops);
        else
            co_await run_on(*each, add_counters(&loops));
    }
    std::string text;
    append_store_metrics(text, on.front().store().counters());
    append_web_metrics(text, on.front().shared());
    append_loop_metrics(text, loops);
    answer what;
    what.content_type = "text/plain; version=0.0.4; charset=utf-8";
    what.body = text;
    co_await on.respond(what);
}

}  // namespace sockeye::hub
