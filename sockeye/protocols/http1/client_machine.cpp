#include "sockeye/protocols/http1/client_machine.hpp"

#include <algorithm>
#include <cassert>

#include "sockeye/protocols/http/status.hpp"
#include "sockeye/protocols/http1/head_writer.hpp"
#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

using state = message_state;
using body_kind = outgoing_request::body_kind;

bool is_token(std::string_view text) {
    const char* end = text.data() + text.size();
    return !text.empty() && skip_token(text.data(), end) == end;
}

bool is_target(std::string_view text) {
    const char* end = text.data() + text.size();
    return !text.empty() && (text[0] == '/' || text == "*") && text.find('#') == text.npos &&
           skip_visible(text.data(), end) == end;
}

}  // namespace

client::sent client::check(const outgoing_request& request) const {
    if (!can_send()) return refuse(500, "request", "the exchange before is not over");
    if (!is_token(request.method)) return refuse(500, "method", "no token");
    if (!is_target(request.target)) return refuse(500, "target", "expected /path in visible ASCII");
    if (!is_host(request.host)) return refuse(500, "host", "no host, or no port behind it");
    if (!request.upgrade.empty() && !is_token(request.upgrade))
        return refuse(500, "upgrade", "no token");
    for (const http::header& field : request.headers)
        if (http::equal_ignoring_case(field.name, "host") ||
            http::equal_ignoring_case(field.name, "upgrade"))
            return refuse(500, "header", "the machine writes this one itself");
    return check_headers(request.headers);
}

client::sent client::send(const outgoing_request& request) {
    sent checked = check(request);
    if (!checked) return checked;
    std::size_t texts = request.method.size() + request.target.size() + request.host.size() +
                        request.upgrade.size();
    {
        head_writer writer(output_, 200 + texts + written_size(request.headers));
        writer.put(request.method);
        writer.put(" ");
        writer.put(request.target);
        writer.put(" HTTP/1.1\r\nHost: ");
        writer.put(request.host);
        writer.put("\r\n");
        writer.put_headers(request.headers);
        if (!request.upgrade.empty()) {
            writer.put("Connection: upgrade\r\nUpgrade: ");
            writer.put(request.upgrade);
            writer.put("\r\n");
        }
        if (request.body == body_kind::chunked) writer.put("Transfer-Encoding: chunked\r\n");
        if (request.body == body_kind::counted) {
            writer.put("Content-Length: ");
            writer.put_number(request.content_length);
            writer.put("\r\n");
        }
        writer.put("\r\n");
    }
    coding_ = request.body;
    length_left_ = request.content_length;
    asked_for_head_ = request.method == "HEAD";
    asked_for_upgrade_ = !request.upgrade.empty();
    interim_ = 0;
    sending_ =
        after(sending_, coding_ == body_kind::none ? step::head_alone : step::head_with_body);
    return {};
}

template <class Bytes>
client::sent client::send_any_body(const Bytes& data) {
    if (sending_ != state::body) return refuse(500, "request", "a body without a head");
    if (coding_ == body_kind::chunked) {
        write_chunk(output_, data);
        return {};
    }
    if (data.size() > length_left_)
        return refuse(500, "request", "its body is longer than its Content-Length");
    length_left_ -= data.size();
    output_.append(data);
    return {};
}

client::sent client::send_body(bytes_view copied) {
    return send_any_body(copied);
}

client::sent client::send_body(const shared_bytes& data) {
    return send_any_body(data);
}

client::sent client::send_end() {
    if (coding_ == body_kind::none && sending_ == state::done) return {};
    if (sending_ != state::body) return refuse(500, "request", "an end without a head");
    if (coding_ == body_kind::counted && length_left_ > 0) {
        keep_alive_ = false;
        return refuse(500, "request", "its body is shorter than its Content-Length");
    }
    if (coding_ == body_kind::chunked) write_last_chunk(output_);
    sending_ = after(sending_, step::end);
    if (receiving_ == state::done) finish_exchange();
    return {};
}

void client::receive(bytes_view bytes) {
    assert(wants_input());
    input_.add(bytes);
}

client::outcome client::fail(const protocol_error& error) {
    error_ = error;
    keep_alive_ = false;
    receiving_ = after(receiving_, step::refuse);
    sending_ = after(sending_, step::close);
    return std::unexpected(error);
}

void client::finish_exchange() {
    step then = keep_alive_ ? step::next : step::close;
    sending_ = after(sending_, then);
    receiving_ = after(receiving_, then);
}

client::outcome client::next_event() {
    switch (receiving_) {
        case state::failed:
            return std::unexpected(error_);
        case state::switched:
            return event{kind::switched, {}};
        case state::closed:
            return event{kind::closed, {}};
        case state::idle:
            return read_head();
        case state::body:
            return read_body();
        // The response came before the request was whole; RFC 9112 section 9.5 lets it end.
        case state::done:
            break;
    }
    return event{};
}

client::outcome client::read_head() {
    bytes_view& unread = input_.unread();
    if (unread.empty()) {
        if (!has_ended_) return event{};
        if (sending_ != state::idle || head_has_begun_)
            return fail({502, "head", "the peer closed before its end", head_text_.size()});
        keep_alive_ = false;
        receiving_ = after(receiving_, step::close);
        sending_ = after(sending_, step::close);
        return event{kind::closed, {}};
    }
    if (sending_ == state::idle) return fail({502, "response", "nobody asked for it", 0});
    if (!head_has_begun_) {
        parser_.start();
        head_text_.clear();
    }
    head_has_begun_ = true;
    std::size_t before = head_text_.size();
    std::size_t most = std::max(limits_.head.max_size, limits_.head.max_start_line);
    head_text_.append(unread.first(most - std::min(most, before)).text());
    auto parsed = parser_.parse(head_text_, limits_.head);
    if (!parsed) return fail(parsed.error());
    if (*parsed == progress::incomplete) {
        unread = {};
        return read_head();
    }
    head_text_.resize(parser_.size());
    unread = unread.without_first(head_text_.size() - before);
    head_has_begun_ = false;
    return begin_response();
}

client::outcome client::begin_response() {
    auto finished = parser_.finish(head_text_.data(), response_);
    if (!finished) return fail(finished.error());
    if (response_.status == 101) {
        if (!asked_for_upgrade_ || sending_ != state::done)
            return fail({502, "status", "101 where no upgrade was asked for", 9});
        receiving_ = after(receiving_, step::switch_over);
        sending_ = after(sending_, step::switch_over);
        return event{kind::switched, {}};
    }
    if (response_.status < 200) {
        if (++interim_ > limits_.max_interim) return fail({502, "status", "too many 1xx", 9});
        return event{kind::interim, {}};
    }
    keep_alive_ = keep_alive_ && response_.keep_alive;
    start_body();
    receiving_ = after(receiving_, step::head_with_body);
    return event{kind::response, {}};
}

// RFC 9112 section 6.3.
void client::start_body() {
    if (asked_for_head_ || !http::status_has_body(response_.status)) return body_.start_empty();
    if (response_.is_chunked) return body_.start_chunked();
    if (response_.content_length) return body_.start_counted(*response_.content_length);
    keep_alive_ = false;
    body_.start_until_close();
}

client::outcome client::read_body() {
    auto piece = body_.next(input_.unread());
    if (!piece) {
        protocol_error error = piece.error();
        error.status = 502;
        return fail(error);
    }
    if (piece->what == body_reader::found::data) return event{kind::data, piece->data};
    bool is_over = piece->what == body_reader::found::end || (has_ended_ && body_.finish());
    if (!is_over) {
        if (has_ended_) return fail({502, "body", "the peer closed before its end", 0});
        return event{};
    }
    receiving_ = after(receiving_, step::end);
    if (sending_ == state::done) finish_exchange();
    return event{kind::end, {}};
}

}  // namespace sockeye::http1
