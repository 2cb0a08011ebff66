#include "hub/web/event_stream.hpp"

#include <algorithm>
#include <utility>

#include "hub/web/event_stream_text.hpp"
#include "hub/web/http_connection.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/core/error.hpp"
#include "sockeye/runtime/blocking.hpp"
#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye::hub {
namespace {

// Of a live reader, not taken yet.
constexpr std::size_t most_queued = 1 << 20;
// Kept while a reader reads the log: enough for what is committed during the last page.
constexpr std::size_t most_kept = 1024;
constexpr std::size_t most_kept_bytes = 1 << 20;
constexpr std::size_t page_events = 500;
constexpr std::size_t page_bytes = 512 << 10;
constexpr std::size_t retained_at_once = 500;

constexpr std::string_view last_chunk = "0\r\n\r\n";

class event_reader final : private live_subscriber {
  public:
    event_reader(http_connection& on, std::vector<std::string> filters)
        : on_(on), client_(on.client()), filters_(std::move(filters)) {
        is_chunked_ = on.request().version == http1::version::http_1_1;
        client_.limit_output(most_queued, overflow::refuse);
        on_.front().live().subscribe(*this, filters_);
    }
    ~event_reader() { on_.front().live().unsubscribe(*this, filters_); }
    event_reader(const event_reader&) = delete;
    event_reader& operator=(const event_reader&) = delete;

    task<> run(std::optional<std::int64_t> since) {
        if (since) {
            read_up_to_ = *since;
        } else {
            read_up_to_ = store_().last_id();
            co_await send_retained();
        }
        while (!has_ended_) {
            co_await catch_up();
            co_await stops_.recv();
        }
        if (is_chunked_) client_.write(shared_bytes(last_chunk));
    }

    // The peer has ended, or the hub is about to: no more is read from it than that.
    task<> watch() {
        for (;;) {
            const auto data = co_await as_expected(client_.recv());
            if (!data || data->empty()) break;
        }
        has_ended_ = true;
        stops_.try_send(0);
    }

  private:
    enum class state : std::uint8_t { reading_log, live };

    store& store_() const noexcept { return on_.front().store(); }

    void deliver(live_event& what) noexcept override {
        if (state_ == state::reading_log) return keep(what);
        if (what.id() <= read_up_to_) return;  // read from the log, or told by another filter
        const shared_bytes& text = is_chunked_ ? what.stream_chunk() : what.stream_text();
        if (client_.write(text)) {
            read_up_to_ = what.id();
            on_.front().counters().delivered.add();
        } else {
            on_.front().counters().readers_behind.add();
            state_ = state::reading_log;
            keep(what);
            stops_.try_send(0);
        }
    }

    void heartbeat(std::int64_t delivered_up_to) noexcept override {
        if (state_ != state::live) return;
        std::string text;
        append_stream_position(text, std::max(read_up_to_, delivered_up_to));
        client_.write(framed(text));  // when the queue is full the peer has enough to read
    }

    void keep(live_event& what) noexcept {
        if (!kept_.empty() && kept_.back()->id >= what.id()) return;
        kept_bytes_ += what.get()->payload.size();
        if (kept_.size() < most_kept && kept_bytes_ < most_kept_bytes) {
            kept_.push_back(what.get());
            return;
        }
        // They are in the log, and the reader is not there yet.
        on_.front().counters().not_delivered.add(kept_.size() + 1);
        forget_kept();
        has_lost_kept_ = true;
    }
    void forget_kept() noexcept {
        kept_.clear();
        kept_bytes_ = 0;
    }

    shared_bytes framed(const std::string& text) const {
        return shared_bytes(is_chunked_ ? as_chunk(text) : text);
    }
    // Waits until the peer has taken it.
    task<> send(std::string text) {
        if (text.empty()) co_return;
        if (is_chunked_) text = as_chunk(text);
        co_await client_.send_all(text);
    }

    // Reads the log, then delivers what was kept meanwhile, until nothing is left in between.
    task<> catch_up() {
        do {
            co_await send_log();
            co_await send_kept();
        } while (has_lost_kept_ && !has_ended_);
        state_ = state::live;
    }

    task<> send_log() {
        for (bool is_complete = false; !is_complete && !has_ended_;) {
            history_query query;
            query.filters = filters_;
            query.since = read_up_to_;
            query.limit = page_events;
            query.max_bytes = page_bytes;
            // Whatever was kept so far is committed, and therefore in the page or behind it.
            forget_kept();
            has_lost_kept_ = false;
            const auto read = [this, &query] { return store_().history(query); };
            const history_page page = co_await blocking(read);
            std::string text;
            if (page.gap) append_stream_gap(text, read_up_to_, page.pruned_up_to);
            for (const shared_event& each : page.events) append_stream_event(text, *each);
            if (page.gap) append_stream_position(text, page.next_since);
            co_await send(std::move(text));
            read_up_to_ = page.next_since;
            is_complete = page.complete;
        }
    }

    task<> send_kept() {
        while (!kept_.empty() && !has_lost_kept_ && !has_ended_) {
            std::vector<shared_event> events;
            events.swap(kept_);
            kept_bytes_ = 0;
            std::string text;
            for (const shared_event& each : events)
                if (each->id > read_up_to_) append_stream_event(text, *each);
            // What comes during the send is kept behind these.
            read_up_to_ = std::max(read_up_to_, events.back()->id);
            co_await send(std::move(text));
        }
    }

    task<> send_retained() {
        std::int64_t after = 0;
        for (;;) {
            const auto read = [this, after] {
                return store_().retained(filters_, retained_at_once, after);
            };
            const std::vector<shared_event> found = co_await blocking(read);
            std::string text;
            for (const shared_event& each : found)
                if (each->id <= read_up_to_)
                    append_stream_event(text, *each, stream_place::retained);
            if (found.size() < retained_at_once) append_stream_position(text, read_up_to_);
            co_await send(std::move(text));
            if (found.size() < retained_at_once) co_return;
            after = found.back()->id;
        }
    }

    http_connection& on_;
    stream& client_;
    std::vector<std::string> filters_;
    channel<char> stops_{1};  // to be live: it has ended, or fallen behind
    std::vector<shared_event> kept_;
    std::size_t kept_bytes_ = 0;
    std::int64_t read_up_to_ = 0;  // everything up to there is sent, or about to be
    state state_ = state::reading_log;
    bool has_lost_kept_ = false;
    bool has_ended_ = false;
    bool is_chunked_ = true;
};

task<> run_reader(task_group& group, event_reader* reader, std::optional<std::int64_t> since) {
    group.spawn(reader->watch(), "event stream's end");
    co_await reader->run(since);
    group.cancel();
}

}  // namespace

task<> answer_event_stream(http_connection& on, std::vector<std::string> filters,
                           std::optional<std::int64_t> since) {
    const http::header headers[] = {{"Cache-Control", "no-store"}};
    answer head;
    head.content_type = "text/event-stream";
    head.headers = headers;
    head.connection = http1::persistence::close;
    if (on.request().method == http::method::head) {
        co_await on.begin(head, std::nullopt);
        co_await on.end();
        co_return;
    }
    // Listening comes first, the answer second: whoever has it misses nothing.
    event_reader reader(on, std::move(filters));
    co_await on.begin(head, std::nullopt);
    co_await on.leave_to_caller();
    co_await with_group(run_reader, &reader, since);
}

}  // namespace sockeye::hub
