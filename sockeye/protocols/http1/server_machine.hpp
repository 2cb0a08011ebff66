// The server's side of an HTTP/1.1 connection, without the connection: bytes in, events out; a
// response in, bytes out. RFC 9110, RFC 9112.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include "sockeye/core/bytes.hpp"
#include "sockeye/protocols/http/http_date.hpp"
#include "sockeye/protocols/http1/body_reader.hpp"
#include "sockeye/protocols/http1/input_queue.hpp"
#include "sockeye/protocols/http1/message_state.hpp"
#include "sockeye/protocols/http1/output_queue.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"
#include "sockeye/protocols/http1/request_head.hpp"
#include "sockeye/protocols/http1/response_head.hpp"

namespace sockeye::http1 {

struct server_limits {
    head_limits head;
    body_limits body;
    // A body that nobody reads after its response: dropped up to here, then the connection ends.
    std::uint64_t max_discarded = 256 << 10;
    // Received and not used up, above which wants_input() is false.
    std::uint32_t max_unread = 64 << 10;
    // Queued output above which the next request waits, so that a peer which sends requests and
    // reads no responses costs no more.
    std::uint32_t max_queued = 256 << 10;
};

enum class server_event_kind : std::uint8_t {
    need_more_data,  // all input is used up; whoever lent it may take it back
    request,         // request() is the new head
    data,            // `data` is a part of the body
    end,             // the request is over; trailers() are there
    paused,          // send the response, or what is queued, before the next request is looked at
    closed,          // no request will follow
    switched,        // after 101: unread() holds the other protocol's first bytes
};

// `data` lives until the next call of next_event or receive.
struct server_event {
    server_event_kind kind = server_event_kind::need_more_data;
    bytes_view data;
};

// What a peer that says nothing keeps us waiting for, so that each may have its own timeout.
enum class waiting_for : std::uint8_t {
    request,   // idle between two: close when it takes too long
    head,      // 408
    body,      // 408
    response,  // our own
    nothing,   // closed
};

// One request at a time: request N+1 is parsed only after response N has ended; until then its
// bytes stay where they are. The parts of request() live until the next `request` event.
//
// The order of calls: receive, then next_event until need_more_data, paused or closed. Between
// `request` and the next one: send and send_body and send_end, or respond. They may come before the
// body has been read: what is left of it is dropped without an event, or the connection ends.
//
// Every function that sends gives an error, and queues nothing, when it is called out of order or
// with what may not be sent; the status is 500.
class server {
  public:
    using event = server_event;
    using kind = server_event_kind;
    using sent = std::expected<void, protocol_error>;

    explicit server(const server_limits& limits = {}) : limits_(limits) {
        body_.set_limits(limits.body);
    }
    server(const server&) = delete;
    server& operator=(const server&) = delete;

    // Lends the machine what came in: the bytes must stay until next_event() gives need_more_data,
    // or keep_unread() has copied the rest. Call it only when wants_input().
    void receive(bytes_view bytes);
    // The peer will send no more.
    void receive_end() noexcept { has_ended_ = true; }
    bool wants_input() const noexcept { return input_.unread().size() < limits_.max_unread; }
    void keep_unread() { input_.keep(); }
    bytes_view unread() const noexcept { return input_.unread(); }

    // What happened next. A protocol_error is final, and given again each time: answer it with
    // send_error, send what is queued, close.
    std::expected<event, protocol_error> next_event();
    const request_head& request() const noexcept { return request_; }
    const http::header_list& trailers() const noexcept { return body_.trailers(); }
    // For this request alone: 413 when its body is or gets longer.
    void limit_body(std::uint64_t max_size) noexcept;

    // The client waits for a word before it sends the body (Expect: 100-continue).
    bool continue_is_expected() const noexcept;
    // Says it, once, and only if it is expected.
    void send_continue();

    // The head of the response, with `now` as its Date.
    [[nodiscard]] sent send(const response_head& head, http::date now);
    // A part of the body, copied or shared. Nothing is sent where a response has no body (HEAD,
    // 204, 304), so that GET's code serves HEAD too.
    [[nodiscard]] sent send_body(bytes_view copied);
    [[nodiscard]] sent send_body(const shared_bytes& data);
    // The caller sends the next `size` bytes of a counted body by itself, behind what is queued:
    // they are in a file, or need not be copied.
    [[nodiscard]] sent skip_body(std::uint64_t size);
    // An error, and the connection ends, when Content-Length promised more.
    [[nodiscard]] sent send_end();
    // All three, and the Content-Length, in one.
    [[nodiscard]] sent respond(const response_head& head, bytes_view body, http::date now);
    [[nodiscard]] sent respond(const response_head& head, const shared_bytes& body, http::date now);
    // The response to this request, which is over, comes later, with respond_deferred; the next
    // request is looked at meanwhile. Before any other function sends, all that was deferred has to
    // be sent. False where that cannot be: not over yet, HEAD, HTTP/1.0, the connection's last.
    [[nodiscard]] bool defer_response() noexcept;
    std::uint32_t deferred() const noexcept { return deferred_; }
    // The response to the earliest request whose response was deferred.
    [[nodiscard]] sent respond_deferred(const response_head& head, bytes_view body, http::date now);
    // Answers and closes; only closes where a response has begun, or nobody asked.
    void send_error(const protocol_error& error, http::date now);
    // The peer took too long: 408 for a head or a body.
    protocol_error timeout_error() const noexcept;
    // No other request after this one; where none has begun, none at all.
    void close_after_response() noexcept;

    std::span<const bytes_view> data_to_send() const noexcept { return output_.segments(); }
    void consumed(std::size_t size) { output_.consumed(size); }
    std::size_t queued() const noexcept { return output_.size(); }
    // Nothing more will be sent once the queue is empty: close then.
    bool should_close() const noexcept {
        return sending_ == message_state::closed && deferred_ == 0;
    }
    bool response_has_begun() const noexcept { return sending_ == message_state::body; }
    http1::waiting_for waiting_for() const noexcept;
    // Frees what is kept for the next request; for a connection that is idle for long.
    void release_memory();

  private:
    using outcome = std::expected<event, protocol_error>;
    enum class body_coding : std::uint8_t { none, counted, chunked, until_close };

    outcome read_head();
    outcome begin_request(std::string_view text);
    outcome read_body();
    outcome fail(const protocol_error& error);
    outcome close();
    void finish_exchange();
    body_coding choose_coding(const response_head& head) const noexcept;
    void write_head(const response_head& head, http::date now);
    std::string_view date_text(http::date now) noexcept;
    template <class Bytes>
    sent send_any_body(const Bytes& data);
    template <class Bytes>
    sent respond_any(response_head head, const Bytes& body, http::date now);
    sent take_from_length(std::uint64_t size);

    server_limits limits_;
    input_queue input_;
    request_parser parser_;
    std::string head_text_;
    request_head request_;
    body_reader body_;
    output_queue output_;
    protocol_error error_;
    std::uint64_t length_left_ = 0;  // of a counted response
    std::uint64_t discarded_ = 0;
    std::uint32_t deferred_ = 0;
    message_state receiving_ = message_state::idle;
    message_state sending_ = message_state::idle;
    body_coding coding_ = body_coding::none;
    bool head_has_begun_ = false;
    bool end_is_told_ = false;
    bool keep_alive_ = true;
    bool has_ended_ = false;
    bool is_draining_ = false;
    bool said_continue_ = false;
    http::date dated_ = http::date::min();
    char date_text_[http::date_size] = {};
};

}  // namespace sockeye::http1
