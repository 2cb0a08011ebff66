#include "hub/web/http_connection.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <utility>

#include "hub/web/status_of_store.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/core/error.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye::hub {
namespace {

using kind = http1::server_event_kind;

// Answers of one connection that may wait for the store: beyond, the next request waits.
constexpr std::size_t most_pending = 1024;
// Of an answer in parts, before the next part is made.
constexpr std::size_t most_queued = 256 << 10;
constexpr http_patience patience;

constexpr std::string_view json = "application/json";

}  // namespace

http_connection::http_connection(stream client, web_front& front)
    : client_(std::move(client)), front_(front) {}

task<> http_connection::run() {
    for (;;) {
        const auto event = machine_.next_event();
        if (!event) {
            co_await give_up(event.error());
            co_return;
        }
        switch (event->kind) {
            case kind::need_more_data:
                co_await receive();
                break;
            case kind::request:
                co_await serve_request();
                if (is_left_) co_return;
                break;
            case kind::data:  // of a body that nobody wanted
            case kind::end:
                break;
            case kind::paused:
                co_await settle();
                break;
            case kind::closed:
            case kind::switched:
                co_await settle();
                if (!has_ended_) co_await linger();
                co_return;
        }
    }
}

// --- input

http::date http_connection::now() const noexcept {
    return http::date(
        std::chrono::floor<std::chrono::seconds>(loop::current().engine().wall_time()));
}

duration http_connection::time_left() noexcept {
    const time_point current = loop::current().now();
    const http1::waiting_for waits = machine_.waiting_for();
    if (waits != waited_for_) {
        waited_for_ = waits;
        waiting_since_ = current;
        body_received_ = 0;
    }
    duration limit = patience.idle;
    if (waits == http1::waiting_for::head) limit = patience.head;
    if (waits == http1::waiting_for::body)
        limit = patience.body + std::chrono::seconds(body_received_ / patience.body_rate);
    return std::max(waiting_since_ + limit - current, duration(1));
}

void http_connection::broken(const error& why) {
    is_broken_ = true;
    throw why;
}

// Reads on, once everything that was asked for is answered.
task<> http_connection::receive() {
    co_await settle();
    if (machine_.should_close()) co_return;
    input_.release();
    auto data = co_await as_expected(timeout(time_left(), client_.recv()));
    if (!data) {
        if (!data.error().is_timeout()) broken(data.error());
        timed_out();
        co_return;
    }
    input_ = std::move(*data);
    if (input_) {
        body_received_ += input_.size();
        front_.counters().received_bytes.add(input_.size());
        machine_.receive(input_);
    } else {
        has_ended_ = true;
        machine_.receive_end();
    }
}

void http_connection::timed_out() {
    if (machine_.waiting_for() == http1::waiting_for::request)
        machine_.close_after_response();
    else
        machine_.send_error(machine_.timeout_error(), now());
}

std::string_view http_connection::field(std::string_view name) const noexcept {
    return request().headers.find(name).value_or(std::string_view());
}

task<std::optional<bytes_view>> http_connection::next_part() {
    for (;;) {
        const auto event = machine_.next_event();
        if (!event || event->kind == kind::closed) {
            is_refused_ = true;
            co_return std::nullopt;
        }
        if (event->kind == kind::data) co_return event->data;
        if (event->kind != kind::need_more_data) co_return bytes_view();
        machine_.send_continue();
        co_await receive();
    }
}

task<std::optional<shared_bytes>> http_connection::whole_body() {
    std::string collected;
    for (;;) {
        const std::optional<bytes_view> part = co_await next_part();
        if (!part) co_return std::nullopt;
        if (part->empty()) co_return shared_bytes(collected);
        if (part->size() == request().content_length) {
            shared_bytes whole(*part);
            (void)co_await next_part();  // its end
            co_return whole;
        }
        collected.append(part->text());
    }
}

// --- requests

task<> http_connection::serve_request() {
    has_answered_ = is_refused_ = false;
    waited_for_ = http1::waiting_for::nothing;
    front_.counters().requests.add();
    try {
        co_await front_.answer_request(*this);
    } catch (const error& failure) {
        // The peer's failure ends the connection; ours is the request's alone.
        if (is_broken_ || failure.is_cancelled() || is_left_) throw;
        std::fprintf(stderr, "sockeye hub: %s\n", failure.what());
        if (has_answered_) throw;
    }
    if (!has_answered_ && !is_refused_)
        co_await refuse(500, "the hub could not answer; its log says why");
}

http1::response_head http_connection::head_of(const answer& what) noexcept {
    header_count_ = 0;
    headers_[header_count_++] = {"X-Content-Type-Options", "nosniff"};
    if (!what.content_type.empty()) headers_[header_count_++] = {"Content-Type", what.content_type};
    assert(what.headers.size() + header_count_ <= std::size(headers_));
    for (const http::header& each : what.headers) headers_[header_count_++] = each;
    return {what.status, std::span(headers_, header_count_), {}, what.connection};
}

task<> http_connection::respond(answer what) {
    co_await answer_pending();
    has_answered_ = true;
    if (auto sent = machine_.respond(head_of(what), what.body, now()); !sent)
        std::fprintf(stderr, "sockeye hub: %s\n", sent.error().to_string().c_str());
}

task<> http_connection::refuse(unsigned status, std::string reason) {
    reason += '\n';
    answer what;
    what.status = status;
    what.content_type = "text/plain; charset=utf-8";
    what.body = reason;
    co_await respond(what);
}

task<> http_connection::refuse(const commit_outcome& outcome) {
    co_await refuse(http_status_of(outcome.status), outcome.reason);
}

task<> http_connection::begin(answer what, std::optional<std::uint64_t> length) {
    co_await answer_pending();
    has_answered_ = true;
    http1::response_head head = head_of(what);
    head.content_length = length;
    if (auto sent = machine_.send(head, now()); !sent)
        throw error(std::make_error_code(std::errc::invalid_argument), sent.error().to_string());
}

task<> http_connection::send_part(bytes_view part) {
    if (auto sent = machine_.send_body(part); !sent)
        throw error(std::make_error_code(std::errc::invalid_argument), sent.error().to_string());
    if (machine_.queued() > most_queued) co_await flush();
}

task<> http_connection::send_part_now(bytes_view part) {
    if (request().method == http::method::head) co_return;
    if (auto counted = machine_.skip_body(part.size()); !counted)
        throw error(std::make_error_code(std::errc::invalid_argument), counted.error().to_string());
    co_await flush();
    const auto sent = co_await as_expected(client_.send_all(part));
    if (!sent) broken(sent.error());
}

task<> http_connection::end() {
    if (auto sent = machine_.send_end(); !sent)
        throw error(std::make_error_code(std::errc::invalid_argument), sent.error().to_string());
    co_return;
}

// --- publications

task<> http_connection::answer_when_committed(commit_waits::ticket publication) {
    has_answered_ = true;
    const bool may_wait = machine_.defer_response();
    pending_.push_back(std::move(publication));
    if (!may_wait || pending_.size() >= most_pending) co_await answer_pending();
}

namespace {

// {"id":123} or {"id":123,"repeated":true}
struct id_text {
    explicit id_text(const commit_outcome& outcome) noexcept {
        constexpr std::string_view start = "{\"id\":";
        char* at = std::copy(start.begin(), start.end(), text);
        at = std::to_chars(at, at + 20, outcome.id).ptr;
        const std::string_view end =
            outcome.status == store_status::repeated ? ",\"repeated\":true}\n" : "}\n";
        size = static_cast<std::size_t>(std::copy(end.begin(), end.end(), at) - text);
    }
    bytes_view view() const noexcept { return {text, size}; }

    char text[64];
    std::size_t size;
};

}  // namespace

task<> http_connection::answer_pending() {
    for (std::size_t i = 0; i < pending_.size(); ++i) {
        co_await pending_[i].end();
        const commit_outcome& outcome = pending_[i].outcome();
        answer what;
        what.content_type = json;
        what.status = http_status_of(outcome.status);
        const id_text id(outcome);
        const std::string reason = what.status == 200 ? std::string() : outcome.reason + '\n';
        what.body = id.view();
        if (what.status != 200) {
            what.content_type = "text/plain; charset=utf-8";
            what.body = reason;
        }
        // The last one may be a request's whose response could not be deferred.
        const auto sent = machine_.deferred() > 0
                              ? machine_.respond_deferred(head_of(what), what.body, now())
                              : machine_.respond(head_of(what), what.body, now());
        if (!sent) std::fprintf(stderr, "sockeye hub: %s\n", sent.error().to_string().c_str());
    }
    pending_.clear();
}

// --- output

task<> http_connection::flush() {
    while (machine_.queued() > 0) {
        const std::size_t size = machine_.queued();
        const auto sent = co_await as_expected(client_.send_all(machine_.data_to_send()));
        if (!sent) broken(sent.error());
        machine_.consumed(size);
    }
}

task<> http_connection::settle() {
    co_await answer_pending();
    co_await flush();
}

task<> http_connection::leave_to_caller() {
    is_left_ = true;
    co_await settle();
    input_.release();
}

task<> http_connection::give_up(http1::protocol_error why) {
    front_.counters().refused.add();
    co_await answer_pending();
    machine_.send_error(why, now());
    co_await flush();
    if (!has_ended_) co_await linger();
}

// To close while unread input is there resets the connection, and the peer may lose the answer.
task<> http_connection::linger() {
    input_.release();
    try {
        client_.shutdown(shutdown_how::sending);
    } catch (const error&) {
        co_return;  // it is gone already
    }
    const auto scope = co_await deadline(patience.linger);
    for (std::size_t read = 0; read < patience.linger_bytes;) {
        const auto data = co_await as_expected(client_.recv());
        if (!data || data->empty()) co_return;
        read += data->size();
    }
}

}  // namespace sockeye::hub
