// The client's side of an HTTP/1.1 connection, without the connection: a request in, bytes out;
// bytes in, events out. RFC 9110, RFC 9112.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sockeye/core/bytes.hpp"
#include "sockeye/protocols/http1/body_reader.hpp"
#include "sockeye/protocols/http1/input_queue.hpp"
#include "sockeye/protocols/http1/message_state.hpp"
#include "sockeye/protocols/http1/output_queue.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"
#include "sockeye/protocols/http1/response_parser.hpp"

namespace sockeye::http1 {

// The head of a request that we send. The machine writes Host, Content-Length, Transfer-Encoding
// and Connection. Everything is only looked at during the call.
struct outgoing_request {
    // RFC 9112 section 6.2: a request without a body, one of known size, and one that is chunked.
    enum class body_kind : std::uint8_t { none, counted, chunked };

    std::string_view method = "GET";
    std::string_view target = "/";  // origin-form, percent-encoded; url::request_target()
    std::string_view host;          // with the port where it is not the scheme's own
    std::span<const http::header> headers = {};
    body_kind body = body_kind::none;
    std::uint64_t content_length = 0;  // of a counted body
    std::string_view upgrade = {};     // the protocol to switch to, "websocket"; or none
};

struct client_limits {
    head_limits head;
    body_limits body;
    std::uint32_t max_interim = 16;       // 1xx heads before a response
    std::uint32_t max_unread = 64 << 10;  // received and not used up, for wants_input()
};

enum class client_event_kind : std::uint8_t {
    need_more_data,  // all input is used up; whoever lent it may take it back
    interim,         // a 1xx, which response() shows: 100 asks for the body that waits
    response,        // response() is the head
    data,            // `data` is a part of the body
    end,             // the response is over; trailers() are there
    closed,          // send no other request on this connection
    switched,        // 101: unread() holds the other protocol's first bytes
};

struct client_event {
    client_event_kind kind = client_event_kind::need_more_data;
    bytes_view data;
};

// One exchange at a time: the next request may be sent once the response and the request have ended
// and can_send() is true. The parts of response() live until the next head.
class client {
  public:
    using event = client_event;
    using kind = client_event_kind;
    using sent = std::expected<void, protocol_error>;

    explicit client(const client_limits& limits = {}) : limits_(limits) {
        body_.set_limits(limits.body);
    }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    // Sending. An error, status 500, queues nothing: out of order, or what may not be sent.
    bool can_send() const noexcept { return sending_ == message_state::idle; }
    [[nodiscard]] sent send(const outgoing_request& request);
    [[nodiscard]] sent send_body(bytes_view copied);
    [[nodiscard]] sent send_body(const shared_bytes& data);
    [[nodiscard]] sent send_end();
    std::span<const bytes_view> data_to_send() const noexcept { return output_.segments(); }
    void consumed(std::size_t size) { output_.consumed(size); }
    std::size_t queued() const noexcept { return output_.size(); }

    // Receiving; the rules for borrowed bytes are the server's.
    void receive(bytes_view bytes);
    // The peer will send no more: the end of a body without a length, or an error within one.
    void receive_end() noexcept { has_ended_ = true; }
    bool wants_input() const noexcept { return input_.unread().size() < limits_.max_unread; }
    void keep_unread() { input_.keep(); }
    bytes_view unread() const noexcept { return input_.unread(); }
    // An error is final, and given again each time: close. Bytes that no request asked for are one.
    std::expected<event, protocol_error> next_event();
    const received_head& response() const noexcept { return response_; }
    const http::header_list& trailers() const noexcept { return body_.trailers(); }
    // True when the connection is of no more use once the response is over.
    bool should_close() const noexcept { return !keep_alive_; }

  private:
    using outcome = std::expected<event, protocol_error>;

    sent check(const outgoing_request& request) const;
    template <class Bytes>
    sent send_any_body(const Bytes& data);
    outcome read_head();
    outcome begin_response();
    void start_body();
    outcome read_body();
    outcome fail(const protocol_error& error);
    void finish_exchange();

    client_limits limits_;
    input_queue input_;
    output_queue output_;
    response_parser parser_;
    std::string head_text_;
    received_head response_;
    body_reader body_;
    protocol_error error_;
    std::uint64_t length_left_ = 0;
    std::uint32_t interim_ = 0;
    message_state sending_ = message_state::idle;
    message_state receiving_ = message_state::idle;
    outgoing_request::body_kind coding_ = outgoing_request::body_kind::none;
    bool asked_for_head_ = false;
    bool asked_for_upgrade_ = false;
    bool head_has_begun_ = false;
    bool keep_alive_ = true;
    bool has_ended_ = false;
};

}  // namespace sockeye::http1
