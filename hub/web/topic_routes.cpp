#include "hub/web/topic_routes.hpp"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "hub/topics/topic.hpp"
#include "hub/web/event_json.hpp"
#include "hub/web/event_stream.hpp"
#include "hub/web/http_connection.hpp"
#include "hub/web/query.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/core/clock.hpp"
#include "sockeye/core/percent.hpp"
#include "sockeye/protocols/http/list.hpp"
#include "sockeye/runtime/blocking.hpp"

namespace sockeye::hub {
namespace {

constexpr std::size_t default_limit = 1000;
constexpr std::size_t most_limit = 100'000;
constexpr std::size_t page_events = 1000;
constexpr std::size_t most_filters = 64;

template <class T>
using or_reason = std::expected<T, std::string>;

or_reason<std::optional<std::chrono::milliseconds>> read_expiry(std::string_view text) {
    using std::chrono::milliseconds;
    if (text.empty()) return std::nullopt;
    // A year: what is beyond is pruned by age long before, and would overflow in the end.
    constexpr std::int64_t most = 366LL * 24 * 3600;
    if (const auto seconds = whole_number<std::int64_t>(text)) {
        if (*seconds <= most) return milliseconds(*seconds * 1000);
    } else if (const auto time = parse_duration(text)) {
        if (*time <= std::chrono::seconds(most))
            return std::chrono::duration_cast<milliseconds>(*time);
    }
    return std::unexpected("Sockeye-Expiry is no duration of at most a year, such as 60s or 2h");
}

or_reason<retain> read_retain(std::string_view text) {
    if (text.empty() || http::equal_ignoring_case(text, "false")) return retain::no;
    if (http::equal_ignoring_case(text, "true")) return retain::yes;
    return std::unexpected("Sockeye-Retain is neither true nor false");
}

// Everything but the payload.
or_reason<publication> read_publication(const http_connection& on, std::string_view rest) {
    auto topic = percent_decode(rest);
    if (!topic) return std::unexpected("the topic is badly percent-encoded");
    const auto retained = read_retain(on.field("Sockeye-Retain"));
    if (!retained) return std::unexpected(retained.error());
    const auto lifetime = read_expiry(on.field("Sockeye-Expiry"));
    if (!lifetime) return std::unexpected(lifetime.error());
    publication what;
    what.topic = std::move(*topic);
    what.content_type = on.field("Content-Type");
    what.retained = *retained;
    what.lifetime = *lifetime;
    what.idempotency_key = on.field("Idempotency-Key");
    if (!is_utf8(what.content_type)) return std::unexpected("Content-Type is no UTF-8");
    return what;
}

or_reason<std::optional<std::int64_t>> read_since(const http_connection& on) {
    const auto given = parameters(on.request().query, "since");
    if (!given) return std::unexpected(given.error());
    if (given->empty()) return std::nullopt;
    const auto since = whole_number<std::int64_t>(given->back());
    if (!since) return std::unexpected("`since` is no id");
    return since;
}

or_reason<std::size_t> read_limit(const http_connection& on) {
    const auto given = parameters(on.request().query, "limit");
    if (!given) return std::unexpected(given.error());
    if (given->empty()) return default_limit;
    const auto limit = whole_number<std::size_t>(given->back());
    if (!limit || *limit == 0) return std::unexpected("`limit` is no number from 1");
    return std::min(*limit, most_limit);
}

bool wants_event_stream(const http_connection& on) {
    return !http::for_each_element(on.field("Accept"), [](std::string_view element) {
        return !http::equal_ignoring_case(element.substr(0, element.find(';')),
                                          "text/event-stream");
    });
}

std::string as_json_lines(const history_page& page) {
    std::string lines;
    for (const shared_event& each : page.events) {
        append_event(lines, *each);
        lines += '\n';
    }
    return lines;
}

history_page read_page(store& from, const history_query& query) {
    return from.history(query);
}

task<> answer_history(http_connection& on, history_query query, std::size_t limit) {
    bool has_begun = false;
    for (bool is_complete = false; !is_complete && limit > 0;) {
        query.limit = std::min(limit, page_events);
        const auto read = [&on, &query] { return read_page(on.front().store(), query); };
        const history_page page = co_await blocking(read);
        if (!has_begun) {
            const std::string pruned = std::to_string(page.pruned_up_to);
            const http::header gap[] = {{"Sockeye-Pruned-Up-To", pruned}};
            answer head;
            head.content_type = "application/x-ndjson";
            if (page.gap && query.since) head.headers = gap;
            co_await on.begin(head, std::nullopt);
            has_begun = true;
        }
        const std::string lines = as_json_lines(page);
        co_await on.send_part(lines);
        limit -= page.events.size();
        query.since = page.next_since;
        is_complete = page.complete;
    }
    co_await on.end();
}

task<> answer_events(http_connection& on, std::vector<std::string> filters) {
    std::string wrong;
    for (const std::string& each : filters)
        if (const auto valid = check_filter(each); !valid) wrong = valid.error();
    const auto since = read_since(on);
    const auto limit = read_limit(on);
    if (!since) wrong = since.error();
    if (!limit) wrong = limit.error();
    if (filters.size() > most_filters) wrong = "more than 64 topics";
    if (!wrong.empty()) {
        co_await on.refuse(400, wrong);
    } else if (wants_event_stream(on)) {
        std::optional<std::int64_t> from = *since;
        if (const auto last = whole_number<std::int64_t>(on.field("Last-Event-ID"))) from = last;
        co_await answer_event_stream(on, std::move(filters), from);
    } else {
        history_query query;
        query.filters = std::move(filters);
        query.since = *since;
        co_await answer_history(on, std::move(query), *limit);
    }
}

}  // namespace

task<> post_topic(http_connection& on, std::string_view rest) {
    on.limit_body(on.front().shared().max_payload_bytes);
    auto what = read_publication(on, rest);
    if (!what) {
        co_await on.refuse(400, std::move(what.error()));
        co_return;
    }
    std::optional<shared_bytes> payload = co_await on.whole_body();
    if (!payload) co_return;
    what->payload = std::move(*payload);
    co_await on.answer_when_committed(on.front().publish(std::move(*what)));
}

task<> get_topic(http_connection& on, std::string_view rest) {
    auto filter = percent_decode(rest);
    if (!filter) {
        co_await on.refuse(400, "the filter is badly percent-encoded");
        co_return;
    }
    std::vector<std::string> filters;
    filters.push_back(std::move(*filter));
    co_await answer_events(on, std::move(filters));
}

task<> get_events(http_connection& on, std::string_view) {
    auto filters = parameters(on.request().query, "topic");
    if (!filters) {
        co_await on.refuse(400, std::move(filters.error()));
        co_return;
    }
    if (filters->empty()) filters->push_back("#");
    co_await answer_events(on, std::move(*filters));
}

}  // namespace sockeye::hub
