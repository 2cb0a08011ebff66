// One HTTP/1.1 connection of the hub: requests in, answers out, in their order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "hub/web/commit_waits.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/core/error.hpp"
#include "sockeye/net/stream.hpp"
#include "sockeye/protocols/http1/server_machine.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class web_front;

// A whole answer. It is only looked at during the call.
struct answer {
    unsigned status = 200;
    std::string_view content_type;
    bytes_view body;
    std::span<const http::header> headers = {};
    http1::persistence connection = http1::persistence::keep;
};

// How long a peer may keep us waiting. None of them can be stretched by trickling.
struct http_patience {
    duration idle = std::chrono::seconds(75);  // between two requests
    duration head = std::chrono::seconds(10);
    // A body: so long, and a second more for each `body_rate` bytes that came.
    duration body = std::chrono::seconds(20);
    std::uint64_t body_rate = 4096;
    // After an error: reading on so that the peer sees the answer, not a reset.
    duration linger = std::chrono::seconds(2);
    std::size_t linger_bytes = 1 << 20;
};

// Output is collected while there is input to look at: the answers to requests that came together
// leave together. Publications of such requests are handed to the store one behind the other, and
// waited for when all of them are on their way.
//
// Any of the tasks may throw `error` when the connection breaks; let it pass.
class http_connection {
  public:
    http_connection(stream client, web_front& front);

    // Serves requests until the connection ends.
    task<> run();

    // --- for the functions that answer a request

    web_front& front() const noexcept { return front_; }
    const http1::request_head& request() const noexcept { return machine_.request(); }
    // Empty when there is no such field.
    std::string_view field(std::string_view name) const noexcept;

    // For this request: 413 beyond.
    void limit_body(std::uint64_t most) noexcept { machine_.limit_body(most); }
    // The next part of the request's body, good until the next call; empty at its end. Nothing:
    // the body is broken, return and answer nothing.
    task<std::optional<bytes_view>> next_part();
    // The whole body in one piece; nothing as above. At most what limit_body allows.
    task<std::optional<shared_bytes>> whole_body();

    task<> respond(answer what);
    // A line of text for people, as every refusal has it.
    task<> refuse(unsigned status, std::string reason);
    // The store said no.
    task<> refuse(const commit_outcome& outcome);

    // An answer in parts; `length` unknown: chunked. Parts are sent before the function returns
    // when much is queued.
    task<> begin(answer what, std::optional<std::uint64_t> length);
    task<> send_part(bytes_view part);
    // Of a body with a length: sent at once, not copied. Nothing is sent where the request is HEAD.
    task<> send_part_now(bytes_view part);
    task<> end();

    // The request's answer is {"id":...}, or a refusal, once that publication has ended; meanwhile
    // the next request is looked at.
    task<> answer_when_committed(commit_waits::ticket publication);

    // Everything that was queued is on its way; then the connection may be used without the machine
    // (an event stream). No request is read any more.
    task<> leave_to_caller();
    stream& client() noexcept { return client_; }

  private:
    task<> serve_request();
    task<> receive();
    task<> settle();
    task<> answer_pending();
    task<> flush();
    task<> give_up(http1::protocol_error why);
    task<> linger();
    void timed_out();
    duration time_left() noexcept;
    http::date now() const noexcept;
    http1::response_head head_of(const answer& what) noexcept;
    [[noreturn]] void broken(const error& why);

    stream client_;
    web_front& front_;
    http1::server machine_;
    buffer input_;
    std::vector<commit_waits::ticket> pending_;
    time_point waiting_since_{};
    http1::waiting_for waited_for_ = http1::waiting_for::nothing;
    std::uint64_t body_received_ = 0;
    bool has_answered_ = false;
    bool is_refused_ = false;
    bool is_broken_ = false;
    bool has_ended_ = false;
    bool is_left_ = false;
    std::size_t header_count_ = 0;
    http::header headers_[16];
};

}  // namespace sockeye::hub
