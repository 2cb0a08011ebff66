#include "sockeye/protocols/http1/server_machine.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>

#include "sockeye/protocols/http/status.hpp"
#include "sockeye/protocols/http1/head_writer.hpp"

namespace sockeye::http1 {

using state = message_state;

void server::receive(bytes_view bytes) {
    assert(wants_input());
    input_.add(bytes);
}

server::outcome server::fail(const protocol_error& error) {
    error_ = error;
    keep_alive_ = false;
    receiving_ = after(receiving_, step::refuse);
    return std::unexpected(error);
}

server::outcome server::next_event() {
    for (;;) {
        if (sending_ == state::closed && receiving_ != state::failed)
            receiving_ = after(receiving_, step::close);
        switch (receiving_) {
            case state::failed:
                return std::unexpected(error_);
            case state::closed:
                return event{kind::closed, {}};
            case state::switched:
                return event{kind::switched, {}};
            case state::idle:
                return read_head();
            case state::body: {
                outcome found = read_body();
                if (!found || found->kind != kind::end) return found;
                receiving_ = after(receiving_, step::end);
                break;
            }
            case state::done:
                if (sending_ == state::done) {
                    finish_exchange();
                    break;
                }
                if (end_is_told_) return event{kind::paused, {}};
                end_is_told_ = true;
                return event{kind::end, {}};
        }
    }
}

server::outcome server::close() {
    receiving_ = after(receiving_, step::close);
    sending_ = after(sending_, step::close);
    return event{kind::closed, {}};
}

server::outcome server::read_head() {
    if (output_.size() > limits_.max_queued) return event{kind::paused, {}};
    if (!head_has_begun_) {
        if (is_draining_) return close();
        parser_.start();
        head_text_.clear();
    }
    bytes_view& unread = input_.unread();
    if (unread.empty()) {
        if (!has_ended_) return event{};
        // An empty line alone is no head, see request_parser.
        if (!head_has_begun_ || head_text_ == "\r\n") return close();
        return fail({400, "head", "the peer closed within it", head_text_.size()});
    }
    // A head that is there at once is parsed where it lies and copied by its exact size.
    bool is_whole = !head_has_begun_;
    std::size_t before = head_text_.size();
    if (!is_whole) {
        std::size_t most = std::max(limits_.head.max_size, limits_.head.max_start_line + 2);
        head_text_.append(unread.first(most - std::min(most, before)).text());
    }
    auto parsed = parser_.parse(is_whole ? unread.text() : head_text_, limits_.head);
    if (!parsed) {
        // The answer must not follow the request before.
        request_.method = http::method::other;
        request_.version = version::http_1_1;
        return fail(parsed.error());
    }
    if (*parsed == progress::complete) {
        std::size_t size = parser_.size();
        if (is_whole)
            head_text_.assign(unread.text().substr(0, size));
        else
            head_text_.resize(size);
        unread = unread.without_first(size - before);
        head_has_begun_ = false;
        return begin_request(head_text_);
    }
    head_has_begun_ = true;
    if (is_whole) head_text_.assign(unread.text());
    unread = {};
    return read_head();
}

server::outcome server::begin_request(std::string_view text) {
    auto finished = parser_.finish(text.data(), request_);
    if (!finished) return fail(finished.error());
    keep_alive_ = request_.keep_alive && !is_draining_;
    said_continue_ = end_is_told_ = false;
    discarded_ = 0;
    body_.set_limits(limits_.body);
    if (request_.content_length.value_or(0) > limits_.body.max_size)
        return fail({413, "Content-Length", "larger than the limit", 0});
    if (request_.is_chunked)
        body_.start_chunked();
    else
        body_.start_counted(request_.content_length.value_or(0));
    receiving_ = after(receiving_, request_.has_body() ? step::head_with_body : step::head_alone);
    return event{kind::request, {}};
}

server::outcome server::read_body() {
    for (;;) {
        auto piece = body_.next(input_.unread());
        if (!piece) return fail(piece.error());
        if (piece->what == body_reader::found::end) return event{kind::end, {}};
        if (piece->what == body_reader::found::nothing) {
            if (has_ended_) return fail({400, "body", "the peer closed within it", 0});
            return event{};
        }
        if (sending_ != state::done) return event{kind::data, piece->data};
        // The response is over: whoever made it wants none of this.
        discarded_ += piece->data.size();
        if (discarded_ + body_.left() > limits_.max_discarded) return close();
    }
}

void server::finish_exchange() {
    step then = keep_alive_ ? step::next : step::close;
    receiving_ = after(receiving_, then);
    sending_ = after(sending_, then);
}

void server::limit_body(std::uint64_t max_size) noexcept {
    body_limits limits = limits_.body;
    limits.max_size = max_size;
    body_.set_limits(limits);
    if (receiving_ == state::body && request_.content_length.value_or(0) > max_size)
        (void)fail({413, "Content-Length", "larger than the limit", 0});
}

// RFC 9110 section 10.1.1: not once a part of the body is there.
bool server::continue_is_expected() const noexcept {
    return receiving_ == state::body && sending_ == state::idle && request_.expects_continue &&
           !said_continue_ && body_.received() == 0 && input_.unread().empty();
}

protocol_error server::timeout_error() const noexcept {
    bool is_body = receiving_ == state::body;
    return {408, is_body ? "body" : "head", "it did not come in time", 0};
}

http1::waiting_for server::waiting_for() const noexcept {
    switch (receiving_) {
        case state::idle:
            return head_has_begun_ ? waiting_for::head : waiting_for::request;
        case state::body:
            return waiting_for::body;
        case state::done:
            return waiting_for::response;
        default:
            return waiting_for::nothing;
    }
}

void server::close_after_response() noexcept {
    is_draining_ = true;
    keep_alive_ = false;
    if (receiving_ == state::idle && !head_has_begun_) (void)close();
}

void server::send_continue() {
    if (!continue_is_expected()) return;
    said_continue_ = true;
    output_.append("HTTP/1.1 100 Continue\r\n\r\n");
}

// RFC 9112 section 6.3, from the sender's side.
server::body_coding server::choose_coding(const response_head& head) const noexcept {
    if (!http::status_has_body(head.status) || request_.method == http::method::head)
        return body_coding::none;
    if (head.content_length) return body_coding::counted;
    return request_.version == version::http_1_1 ? body_coding::chunked : body_coding::until_close;
}

std::string_view server::date_text(http::date now) noexcept {
    if (dated_ != now) {
        http::write_date(now, date_text_);
        dated_ = now;
    }
    return {date_text_, http::date_size};
}

void server::write_head(const response_head& head, http::date now) {
    // The status line and the machine's own fields take less than 300 bytes.
    head_writer writer(output_, 300 + written_size(head.headers));
    if (head.status == 200) {
        writer.put("HTTP/1.1 200 OK\r\nDate: ");
    } else {
        writer.put("HTTP/1.1 ");
        writer.put_number(head.status);
        writer.put(" ");
        writer.put(http::reason_phrase(head.status));
        writer.put("\r\nDate: ");
    }
    writer.put(date_text(now));
    writer.put("\r\n");
    writer.put_headers(head.headers);
    // RFC 9110 section 8.6: none with 1xx and 204; with 304 it would be that of another response.
    if (head.content_length && http::status_has_body(head.status)) {
        writer.put("Content-Length: ");
        writer.put_number(*head.content_length);
        writer.put("\r\n");
    }
    if (coding_ == body_coding::chunked) writer.put("Transfer-Encoding: chunked\r\n");
    if (head.status == 101)
        writer.put("Connection: upgrade\r\n");
    else if (!keep_alive_)
        writer.put("Connection: close\r\n");
    else if (request_.version == version::http_1_0)
        writer.put("Connection: keep-alive\r\n");
    writer.put("\r\n");
}

server::sent server::send(const response_head& head, http::date now) {
    bool is_asked =
        receiving_ == state::body || receiving_ == state::done || receiving_ == state::failed;
    if (deferred_ != 0) return refuse(500, "response", "an earlier one is still to be sent");
    if (!is_asked || sending_ != state::idle)
        return refuse(500, "response", "no request waits for one");
    bool is_switch = head.status == 101;
    if (is_switch && (request_.upgrade.empty() || receiving_ != state::done))
        return refuse(500, "response", "101 where no upgrade was asked for");
    if (!is_switch && (head.status < 200 || head.status > 999))
        return refuse(500, "response", "no status of a final response");
    sent checked = check_headers(head.headers);
    if (!checked) return checked;

    coding_ = choose_coding(head);
    length_left_ = head.content_length.value_or(0);
    // A client that waits for 100 may send the body or not: what follows would be ambiguous.
    if (head.connection == persistence::close || coding_ == body_coding::until_close ||
        continue_is_expected())
        keep_alive_ = false;
    write_head(head, now);
    sending_ = after(sending_, is_switch ? step::switch_over : step::head_with_body);
    if (is_switch) receiving_ = after(receiving_, step::switch_over);
    return {};
}

server::sent server::take_from_length(std::uint64_t size) {
    if (size > length_left_)
        return refuse(500, "response", "its body is longer than its Content-Length");
    length_left_ -= size;
    return {};
}

template <class Bytes>
server::sent server::send_any_body(const Bytes& data) {
    if (sending_ != state::body) return refuse(500, "response", "a body without a head");
    if (coding_ == body_coding::none) return {};
    if (coding_ == body_coding::counted) {
        sent fits = take_from_length(data.size());
        if (!fits) return fits;
    }
    if (coding_ == body_coding::chunked)
        write_chunk(output_, data);
    else
        output_.append(data);
    return {};
}

server::sent server::send_body(bytes_view copied) {
    return send_any_body(copied);
}

server::sent server::send_body(const shared_bytes& data) {
    return send_any_body(data);
}

server::sent server::skip_body(std::uint64_t size) {
    if (sending_ != state::body || coding_ != body_coding::counted)
        return refuse(500, "response", "no counted body is under way");
    return take_from_length(size);
}

server::sent server::send_end() {
    if (sending_ != state::body) return refuse(500, "response", "an end without a head");
    if (coding_ == body_coding::counted && length_left_ > 0) {
        keep_alive_ = false;
        sending_ = after(sending_, step::close);
        return refuse(500, "response", "its body is shorter than its Content-Length");
    }
    if (coding_ == body_coding::chunked) write_last_chunk(output_);
    sending_ = after(sending_, step::end);
    if (receiving_ == state::done) {
        finish_exchange();
    } else if (receiving_ == state::failed || body_.left() > limits_.max_discarded) {
        sending_ = after(sending_, step::close);
    }
    return {};
}

template <class Bytes>
server::sent server::respond_any(response_head head, const Bytes& body, http::date now) {
    head.content_length = body.size();
    sent result = send(head, now);
    if (result && sending_ == state::body) result = send_any_body(body);
    return result ? send_end() : result;
}

server::sent server::respond(const response_head& head, bytes_view body, http::date now) {
    return respond_any(head, body, now);
}

server::sent server::respond(const response_head& head, const shared_bytes& body, http::date now) {
    return respond_any(head, body, now);
}

bool server::defer_response() noexcept {
    if (!end_is_told_ || receiving_ != state::done || sending_ != state::idle || !keep_alive_ ||
        request_.version != version::http_1_1 || request_.method == http::method::head)
        return false;
    receiving_ = after(receiving_, step::next);
    ++deferred_;
    return true;
}

server::sent server::respond_deferred(const response_head& head, bytes_view body, http::date now) {
    if (deferred_ == 0) return refuse(500, "response", "none was deferred");
    if (head.status < 200 || !http::status_has_body(head.status))
        return refuse(500, "response", "no status of a response with a body");
    sent checked = check_headers(head.headers);
    if (!checked) return checked;
    // The connection stays for the later requests: the current one says nothing about this one.
    const bool keep_alive = std::exchange(keep_alive_, true);
    const body_coding coding = std::exchange(coding_, body_coding::counted);
    response_head whole = head;
    whole.content_length = body.size();
    write_head(whole, now);
    output_.append(body);
    keep_alive_ = keep_alive;
    coding_ = coding;
    --deferred_;
    return {};
}

void server::send_error(const protocol_error& error, http::date now) {
    bool is_asked = receiving_ != state::idle || head_has_begun_;
    if (receiving_ == state::idle) request_.method = http::method::other;
    if (receiving_ != state::failed && receiving_ != state::switched) (void)fail(error);
    if (is_asked && sending_ == state::idle) {
        // RFC 9110 section 15.5.6: 405 has Allow, which may be empty.
        constexpr http::header fields[] = {{"Content-Type", "text/plain; charset=utf-8"},
                                           {"Allow", ""}};
        std::span<const http::header> headers(fields, error.status == 405 ? 2 : 1);
        (void)respond({error.status, headers, {}, persistence::close}, error.to_string() + "\n",
                      now);
    }
    sending_ = after(sending_, step::close);
}

void server::release_memory() {
    output_.release_memory();
    input_.release_memory();
    if (receiving_ != state::idle || head_has_begun_) return;
    request_ = {};
    std::string().swap(head_text_);
    parser_.release_memory();
    body_.release_memory();
}

}  // namespace sockeye::http1
