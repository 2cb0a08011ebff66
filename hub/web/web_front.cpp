#include "hub/web/web_front.hpp"

#include <array>
#include <utility>

#include "hub/web/file_routes.hpp"
#include "hub/web/http_connection.hpp"
#include "hub/web/page_routes.hpp"
#include "hub/web/router.hpp"
#include "hub/web/topic_routes.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye::hub {
namespace {

using http::method;

constexpr std::array routes = {
    route{method::post, "/topics/", reach::below, post_topic},
    route{method::get, "/topics/", reach::below, get_topic},
    route{method::get, "/events", reach::exact, get_events},
    route{method::get, "/files/", reach::below, get_file},
    route{method::put, "/files/", reach::below, put_file},
    route{method::delete_, "/files/", reach::below, delete_file},
    route{method::get, "/metrics", reach::exact, get_metrics},
    route{method::get, "/health", reach::exact, get_health},
    route{method::get, "/", reach::below, get_page},
};

task<> run_beside(task_group& group, live_events* live) {
    group.spawn(live->spread(), "fan-out");
    group.spawn(live->beat(), "heartbeats");
    co_return;
}

}  // namespace

web_front::web_front(loop& home, const web_shared& shared)
    : home_(home), shared_(shared), commits_(std::make_shared<commit_waits>(home)) {}

task<> web_front::serve(stream client) {
    counters_.connections.add();
    counters_.open.add();
    struct closing {
        counter& open;
        ~closing() { open.subtract(); }
    } at_end{counters_.open};
    http_connection connection(std::move(client), *this);
    co_await connection.run();
}

task<> web_front::run() {
    co_await with_group(run_beside, &live_);
}

task<> web_front::answer_request(http_connection& on) {
    const http1::request_head& request = on.request();
    if (const auto refused = shared_.guard->check(request)) {
        counters_.forbidden.add();
        co_await on.refuse(refused->status, refused->reason);
        co_return;
    }
    const found_route found = find_route(routes, request.method, request.path);
    if (found.chosen) {
        co_await found.chosen->function(on, found.rest);
    } else if (found.allowed.empty()) {
        co_await on.refuse(404, "there is no such path");
    } else {
        const http::header allow[] = {{"Allow", found.allowed}};
        answer what;
        what.status = 405;
        what.content_type = "text/plain; charset=utf-8";
        what.headers = allow;
        what.body = "this path does not take that method\n";
        co_await on.respond(what);
    }
}

void web_front::on_committed(const live_events::batch& events) {
    if (!live_.is_wanted()) return;
    home_.post([self = shared_from_this(), events]() noexcept { self->live_.add(events); });
}

commit_waits::ticket web_front::publish(publication what) {
    commit_waits::ticket ticket = commits_->open();
    auto queued = store().publish(std::move(what), ticket.token(), *commits_);
    if (!queued) ticket.refuse(std::move(queued.error()));
    return ticket;
}

}  // namespace sockeye::hub
