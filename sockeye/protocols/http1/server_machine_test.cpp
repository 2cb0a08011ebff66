#include "sockeye/protocols/http1/server_machine.hpp"

#include <gtest/gtest.h>

#include "sockeye/protocols/http1/server_transcript.hpp"

namespace sockeye::http1 {
namespace {

using kind = server::kind;

// Fails the test on an error, and gives the kind of the next event.
kind next(server& machine) {
    auto event = machine.next_event();
    if (!event) throw std::runtime_error(event.error().to_string());
    return event->kind;
}

std::string sent(server& machine) {
    std::string bytes;
    for (bytes_view segment : machine.data_to_send()) bytes += segment.text();
    machine.consumed(bytes.size());
    return bytes;
}

// The machine keeps a copy, so that a test may hand in a temporary.
void give(server& machine, std::string_view bytes) {
    machine.receive(bytes);
    machine.keep_unread();
}

void receive_request(server& machine, std::string_view bytes) {
    give(machine, bytes);
    ASSERT_EQ(next(machine), kind::request);
}

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// Sunday, 6 November 1994, 08:49:37: the example of RFC 9110 section 5.6.7.
constexpr http::date now{std::chrono::seconds(784111777)};
const std::string date_line = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

struct acceptance {
    std::string bytes;
    std::string outcome;
    const char* rule;
};

const std::string h = " HTTP/1.1\r\nHost: h\r\n";
const std::string chunked_head = "POST /" + h + "Transfer-Encoding: chunked\r\n\r\n";

const acceptance acceptances[] = {
    {"GET /" + h + "\r\n", "GET / \n", "RFC 9112 3"},
    {"\r\nGET /" + h + "\r\n", "GET / \n", "RFC 9112 2.2: one empty line in front"},
    {"GET /a%20b?c=d&e|f" + h + "\r\n", "GET /a%20b?c=d&e|f \n", "RFC 9112 3.2.1"},
    {"OPTIONS *" + h + "\r\n", "OPTIONS * \n", "RFC 9112 3.2.4"},
    {"GET http://h:80/a?b" + h + "\r\n", "GET http://h:80/a?b \n", "RFC 9112 3.2.2"},
    {"BREW /pot" + h + "\r\n", "BREW /pot \n", "RFC 9110 9.1: any token"},
    {"GET / HTTP/1.7\r\nHost: h\r\n\r\n", "GET / \n", "RFC 9110 2.5: a later minor version"},
    {"GET / HTTP/1.0\r\n\r\n", "GET / \n", "RFC 9112 3.2: no Host in HTTP/1.0"},
    {"GET / HTTP/1.1\r\nhOST:\t[::1]:8080 \t\r\n\r\n", "GET / \n", "RFC 9112 5.1"},
    {"GET /" + h + "Empty:\r\nLatin: \xe4\r\n\r\n", "GET / \n", "RFC 9110 5.5"},
    {"POST /" + h + "Content-Length: 5\r\n\r\nhello", "POST / hello\n", "RFC 9112 6.2"},
    {"POST /" + h + "Content-Length: 0\r\n\r\n", "POST / \n", "RFC 9112 6.2"},
    {"GET /" + h + "Content-Length: 2 \r\n\r\nhi", "GET / hi\n", "RFC 9110 9.3.1: a body with GET"},
    {chunked_head + "5\r\nhello\r\n0\r\n\r\n", "POST / hello\n", "RFC 9112 7.1"},
    {chunked_head + "005\r\nhello\r\n6;a\r\n world\r\n0\r\n\r\n", "POST / hello world\n",
     "RFC 9112 7.1"},
    {chunked_head + "5;a=b;c=\"d\\\"; \"\r\nhello\r\n0;e\r\n\r\n", "POST / hello\n",
     "RFC 9112 7.1.1"},
    {chunked_head + "A\r\n0123456789\r\n0\r\n\r\n", "POST / 0123456789\n", "RFC 9112 7.1"},
    {chunked_head + "0\r\nDigest: x\r\nContent-Length: 9\r\nhost: evil\r\n\r\n",
     "POST /  Digest=x\n", "RFC 9110 6.5.1: framing fields in trailers are ignored"},
    {"POST /" + h + "transfer-ENCODING: Chunked\r\n\r\n0\r\n\r\n", "POST / \n", "RFC 9112 7"},
};

TEST(http1_server, takes_what_is_right_however_it_is_cut) {
    for (const acceptance& a : acceptances) {
        SCOPED_TRACE(a.rule);
        EXPECT_EQ(server_transcript::whole(a.bytes), a.outcome);
        EXPECT_EQ(server_transcript::in_pieces(a.bytes, 1), a.outcome);
        EXPECT_EQ(server_transcript::in_pieces(a.bytes, 7), a.outcome);
        if (a.bytes.contains("HTTP/1.0")) continue;
        EXPECT_EQ(server_transcript::whole(a.bytes + a.bytes), a.outcome + a.outcome);
        EXPECT_EQ(server_transcript::in_pieces(a.bytes + a.bytes, 1), a.outcome + a.outcome);
    }
}

TEST(http1_server, shows_the_parts_of_a_head) {
    server machine;
    receive_request(machine,
                    "PUT http://a.example:81/p/q?x=1?y HTTP/1.1\r\nHost: other\r\nAccept: a\r\n"
                    "accept: b\r\nContent-Length: 3\r\nUpgrade: websocket\r\n"
                    "Connection: upgrade\r\n\r\nabc");
    const request_head& head = machine.request();
    EXPECT_EQ(head.method, http::method::put);
    EXPECT_EQ(head.method_text, "PUT");
    EXPECT_EQ(head.path, "/p/q");
    EXPECT_EQ(head.query, "x=1?y");
    EXPECT_EQ(head.host, "a.example:81");
    EXPECT_EQ(head.content_length, 3u);
    EXPECT_TRUE(head.keep_alive && head.has_body() && !head.is_chunked);
    EXPECT_EQ(head.upgrade, "");  // with a body there is none
    EXPECT_EQ(head.headers.size(), 6u);
    EXPECT_EQ(head.headers.find("ACCEPT"), "a");
    EXPECT_EQ(head.headers.count("Accept"), 2u);
    EXPECT_EQ(head.headers.find("Cookie"), std::nullopt);
    EXPECT_EQ((*head.headers.begin()).name, "Host");
}

TEST(http1_server, lends_the_body_without_a_copy) {
    server machine;
    std::string bytes = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello";
    machine.receive(bytes);
    ASSERT_EQ(next(machine), kind::request);
    auto event = machine.next_event();
    ASSERT_TRUE(event && event->kind == kind::data);
    EXPECT_EQ(event->data.text().data(), bytes.data() + bytes.size() - 5);
    EXPECT_EQ(next(machine), kind::end);
    EXPECT_EQ(machine.waiting_for(), waiting_for::response);
}

TEST(http1_server, keeps_a_later_request_until_the_response_has_ended) {
    server machine;
    {
        std::string bytes = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
        machine.receive(bytes);
        ASSERT_EQ(next(machine), kind::request);
        EXPECT_EQ(next(machine), kind::end);
        EXPECT_EQ(next(machine), kind::paused);
        EXPECT_EQ(next(machine), kind::paused);
        machine.keep_unread();
    }
    EXPECT_EQ(machine.unread().size(), 28u);
    give(machine, "GET /3");
    EXPECT_EQ(machine.request().path, "/1");
    ASSERT_TRUE(machine.respond({}, "one", now));
    EXPECT_EQ(next(machine), kind::request);
    EXPECT_EQ(machine.request().path, "/2");
    ASSERT_TRUE(machine.respond({}, "two", now));
    EXPECT_EQ(next(machine), kind::need_more_data);
    EXPECT_EQ(machine.waiting_for(), waiting_for::head);
    give(machine, " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(next(machine), kind::request);
    EXPECT_EQ(machine.request().path, "/3");
}

TEST(http1_server, bounds_what_it_takes_and_what_it_queues) {
    server_limits limits;
    limits.max_unread = 100;
    limits.max_queued = 200;
    server machine(limits);
    receive_request(machine, get);
    EXPECT_EQ(next(machine), kind::end);
    give(machine, std::string(100, 'x'));
    EXPECT_FALSE(machine.wants_input());

    server other(limits);
    std::string two = std::string(get) + std::string(get);
    receive_request(other, two);
    ASSERT_TRUE(other.respond({}, std::string(200, 'x'), now));
    EXPECT_EQ(next(other), kind::paused);
    EXPECT_EQ(other.waiting_for(), waiting_for::request);
    sent(other);
    EXPECT_EQ(next(other), kind::request);
}

TEST(http1_server, refuses_a_body_above_its_limit) {
    server_limits limits;
    limits.body.max_size = 4;
    const std::string counted = "POST /" + h + "Content-Length: 5\r\n\r\nhello";
    const std::string cut = chunked_head + "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
    EXPECT_EQ(server_transcript::whole(counted, limits), "413 Content-Length\n");
    EXPECT_EQ(server_transcript::whole(cut, limits), "POST / hel413 body\n");
    EXPECT_EQ(server_transcript::in_pieces(cut, 1, limits), "POST / hel413 body\n");

    server machine;
    receive_request(machine, counted);
    machine.limit_body(4);
    auto event = machine.next_event();
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().status, 413u);
    machine.send_error(event.error(), now);
    EXPECT_TRUE(sent(machine).starts_with("HTTP/1.1 413 Content Too Large\r\n"));
}

TEST(http1_server, writes_each_kind_of_body) {
    const http::header fields[] = {{"X", "y"}};
    auto answer = [&](std::string_view request, response_head head, auto body) {
        server machine;
        receive_request(machine, request);
        EXPECT_TRUE(machine.send(head, now));
        EXPECT_TRUE(machine.send_body(body));
        EXPECT_TRUE(machine.send_end());
        return sent(machine);
    };
    bytes_view hello("hello");
    shared_bytes large(std::string(1000, 'x'));
    const std::string ok = "HTTP/1.1 200 OK\r\n" + date_line;
    constexpr std::string_view head_only = "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n";
    constexpr std::string_view old = "GET / HTTP/1.0\r\n\r\n";
    constexpr std::string_view old_kept = "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n";
    // RFC 9112 section 6.2, 7.1, 6.3 (8).
    EXPECT_EQ(answer(get, {200, fields, 5, {}}, hello),
              ok + "X: y\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_EQ(answer(get, {}, hello), ok + "Transfer-Encoding: chunked\r\n\r\n"
                                           "5\r\nhello\r\n0\r\n\r\n");
    EXPECT_EQ(answer(get, {}, large), ok + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" +
                                          std::string(1000, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(answer(get, {}, bytes_view()), ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    EXPECT_EQ(answer(old, {}, hello), ok + "Connection: close\r\n\r\nhello");
    EXPECT_EQ(answer(old_kept, {200, {}, 5, {}}, hello),
              ok + "Content-Length: 5\r\nConnection: keep-alive\r\n\r\nhello");
    EXPECT_EQ(answer(old_kept, {}, hello), ok + "Connection: close\r\n\r\nhello");
    EXPECT_EQ(answer(get, {200, {}, 5, persistence::close}, hello),
              ok + "Content-Length: 5\r\nConnection: close\r\n\r\nhello");
    // RFC 9110 sections 9.3.2, 15.3.5, 15.4.5.
    EXPECT_EQ(answer(head_only, {200, {}, 5, {}}, hello), ok + "Content-Length: 5\r\n\r\n");
    EXPECT_EQ(answer(head_only, {}, hello), ok + "\r\n");
    EXPECT_EQ(answer(get, {204, {}, 0, {}}, hello),
              "HTTP/1.1 204 No Content\r\n" + date_line + "\r\n");
    EXPECT_EQ(answer(get, {304, {}, 5, {}}, hello),
              "HTTP/1.1 304 Not Modified\r\n" + date_line + "\r\n");
}

TEST(http1_server, shares_large_bodies_and_keeps_sent_bytes_in_place) {
    server machine;
    std::string two = std::string(get) + std::string(get);
    shared_bytes body(std::string(100000, 'b'));
    receive_request(machine, two);
    ASSERT_TRUE(machine.respond({}, body, now));
    ASSERT_EQ(machine.data_to_send().size(), 2u);
    bytes_view head = machine.data_to_send()[0];
    std::string head_text(head.text());
    EXPECT_EQ(machine.data_to_send()[1].data(), body.data());
    // A send is under way: what it reads must stay, whatever is added.
    ASSERT_EQ(next(machine), kind::request);
    ASSERT_TRUE(machine.respond({}, std::string(50000, 'c'), now));
    EXPECT_EQ(head.text(), head_text);
    std::size_t total = machine.queued();
    std::string all;
    for (bytes_view segment : machine.data_to_send()) all += segment.text();
    EXPECT_EQ(all.size(), total);
    // Short sends: any number of bytes at a time.
    std::string pieces;
    for (std::size_t step = 1; machine.queued() > 0; step = step * 3 + 1) {
        bytes_view front = machine.data_to_send()[0].first(step);
        pieces += front.text();
        machine.consumed(front.size());
    }
    EXPECT_EQ(pieces, all);
}

TEST(http1_server, says_continue_once_and_only_when_asked) {
    const std::string asks = "POST /" + h + "Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    server machine;
    receive_request(machine, asks);
    EXPECT_TRUE(machine.continue_is_expected());
    machine.send_continue();
    machine.send_continue();
    EXPECT_EQ(sent(machine), "HTTP/1.1 100 Continue\r\n\r\n");
    give(machine, "hi");
    EXPECT_EQ(next(machine), kind::data);
    EXPECT_EQ(next(machine), kind::end);
    ASSERT_TRUE(machine.respond({}, "", now));
    EXPECT_FALSE(machine.should_close());

    // RFC 9110 section 10.1.1: not to HTTP/1.0, and not when the body is on its way.
    server old;
    receive_request(old, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    old.send_continue();
    EXPECT_EQ(old.queued(), 0u);
    server eager;
    receive_request(eager, asks + "hi");
    eager.send_continue();
    EXPECT_EQ(eager.queued(), 0u);

    // Without 100 the client may or may not send the body: the connection ends.
    server refusing;
    receive_request(refusing, asks);
    ASSERT_TRUE(refusing.respond({.status = 403}, "no", now));
    EXPECT_NE(sent(refusing).find("Connection: close"), std::string::npos);
}

TEST(http1_server, drops_an_unread_body_or_closes) {
    server_limits limits;
    limits.max_discarded = 10;
    server machine(limits);
    receive_request(machine, "POST /" + h + "Content-Length: 10\r\n\r\n01234");
    ASSERT_TRUE(machine.respond({.status = 404}, "no", now));
    EXPECT_EQ(next(machine), kind::need_more_data);
    give(machine, "56789" + std::string(get));
    EXPECT_EQ(next(machine), kind::request);
    EXPECT_FALSE(machine.should_close());

    server large(limits);
    receive_request(large, "POST /" + h + "Content-Length: 11\r\n\r\n");
    ASSERT_TRUE(large.respond({.status = 404}, "no", now));
    EXPECT_TRUE(large.should_close());

    server endless(limits);
    receive_request(endless, chunked_head);
    ASSERT_TRUE(endless.respond({.status = 404}, "no", now));
    give(endless, "B\r\n01234567890\r\n");
    EXPECT_EQ(next(endless), kind::closed);
    EXPECT_TRUE(endless.should_close());
}

TEST(http1_server, closes_when_either_side_says_so) {
    server machine;
    receive_request(machine, "GET /" + h + "Connection: x, Close\r\n\r\n" + std::string(get));
    ASSERT_TRUE(machine.respond({}, "", now));
    EXPECT_TRUE(machine.should_close());
    EXPECT_EQ(next(machine), kind::closed);

    server old;
    receive_request(old, "GET / HTTP/1.0\r\n\r\n");
    ASSERT_TRUE(old.respond({}, "", now));
    EXPECT_TRUE(old.should_close());

    server draining;
    receive_request(draining, get);
    draining.close_after_response();
    EXPECT_FALSE(draining.should_close());
    ASSERT_TRUE(draining.respond({}, "", now));
    EXPECT_NE(sent(draining).find("Connection: close"), std::string::npos);
    EXPECT_TRUE(draining.should_close());

    server idle;
    idle.close_after_response();
    EXPECT_TRUE(idle.should_close());
}

TEST(http1_server, tells_an_end_between_requests_from_one_within) {
    server machine;
    machine.receive_end();
    EXPECT_EQ(next(machine), kind::closed);
    EXPECT_TRUE(machine.should_close());

    for (std::string_view part : {"GET / HT",
                                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n"
                                  "\r\nhel"}) {
        server_transcript transcript;
        transcript.feed(part);
        transcript.end();
        EXPECT_TRUE(transcript.text.contains("400 ")) << transcript.text;
    }
    // A client may close its sending side and wait for the answer.
    server half;
    receive_request(half, get);
    half.receive_end();
    EXPECT_EQ(next(half), kind::end);
    ASSERT_TRUE(half.respond({}, "", now));
    EXPECT_FALSE(half.should_close());
    EXPECT_EQ(next(half), kind::closed);
    EXPECT_TRUE(half.should_close());
}

TEST(http1_server, tells_what_it_waits_for) {
    server machine;
    EXPECT_EQ(machine.waiting_for(), waiting_for::request);
    machine.send_error(machine.timeout_error(), now);
    EXPECT_EQ(machine.queued(), 0u);  // nobody asked
    EXPECT_TRUE(machine.should_close());

    server head;
    give(head, "GET /");
    EXPECT_EQ(next(head), kind::need_more_data);
    EXPECT_EQ(head.waiting_for(), waiting_for::head);
    head.send_error(head.timeout_error(), now);
    EXPECT_TRUE(sent(head).starts_with("HTTP/1.1 408 Request Timeout\r\n"));
    EXPECT_EQ(head.waiting_for(), waiting_for::nothing);

    server body;
    receive_request(body, chunked_head);
    EXPECT_EQ(body.waiting_for(), waiting_for::body);
    EXPECT_STREQ(body.timeout_error().what, "body");
}

TEST(http1_server, switches_only_when_asked) {
    const std::string asks = "GET /" + h + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    const http::header fields[] = {{"Upgrade", "websocket"}};
    server machine;
    receive_request(machine, asks + "frames");
    EXPECT_EQ(machine.request().upgrade, "websocket");
    ASSERT_TRUE(machine.send({.status = 101, .headers = fields}, now));
    EXPECT_EQ(sent(machine), "HTTP/1.1 101 Switching Protocols\r\n" + date_line +
                                 "Upgrade: websocket\r\nConnection: upgrade\r\n\r\n");
    EXPECT_EQ(next(machine), kind::switched);
    EXPECT_EQ(machine.unread().text(), "frames");

    // RFC 9110 section 7.8: not without Connection: upgrade, not in HTTP/1.0.
    for (std::string request :
         {"GET /" + h + "Upgrade: websocket\r\n\r\n",
          std::string("GET / HTTP/1.0\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n")}) {
        server plain;
        receive_request(plain, request);
        EXPECT_EQ(plain.request().upgrade, "");
        EXPECT_FALSE(plain.send({.status = 101, .headers = fields}, now));
        EXPECT_EQ(plain.queued(), 0u);
    }
}

TEST(http1_server, refuses_to_send_what_is_wrong) {
    auto refused = [](http::header field) {
        server machine;
        receive_request(machine, get);
        const http::header fields[] = {field};
        return !machine.send({.headers = fields}, now) && machine.queued() == 0;
    };
    EXPECT_TRUE(refused({"X", "a\r\nSet-Cookie: b"}));
    EXPECT_TRUE(refused({"X: y\r\nZ", "a"}));
    EXPECT_TRUE(refused({"", "a"}));
    EXPECT_TRUE(refused({"content-length", "5"}));
    EXPECT_TRUE(refused({"Transfer-Encoding", "chunked"}));
    EXPECT_TRUE(refused({"Connection", "close"}));
    EXPECT_FALSE(refused({"X", "y"}));

    server machine;
    EXPECT_FALSE(machine.send({}, now));  // no request
    receive_request(machine, get);
    EXPECT_FALSE(machine.send_body("x"));
    EXPECT_FALSE(machine.send_end());
    EXPECT_FALSE(machine.send({.status = 100}, now));
    ASSERT_TRUE(machine.send({.content_length = 3}, now));
    EXPECT_FALSE(machine.send({}, now));
    EXPECT_FALSE(machine.send_body("four"));
    EXPECT_TRUE(machine.send_body("2b"));
    EXPECT_FALSE(machine.send_end());  // one byte is missing: only the connection's end tells
    EXPECT_TRUE(machine.should_close());
}

TEST(http1_server, gives_its_memory_back_and_goes_on) {
    server machine;
    receive_request(machine, get);
    ASSERT_TRUE(machine.respond({}, "x", now));
    sent(machine);
    machine.release_memory();
    receive_request(machine, get);
    EXPECT_EQ(machine.request().path, "/");
    ASSERT_TRUE(machine.respond({}, "x", now));
    EXPECT_TRUE(sent(machine).ends_with("\r\n\r\nx"));
}

TEST(http1_server, defers_responses_while_it_reads_on) {
    server machine;
    give(machine, std::string(get) + std::string(get) + "GET /" + h + "Connection: close\r\n\r\n");
    ASSERT_EQ(next(machine), kind::request);
    EXPECT_FALSE(machine.defer_response()) << "its end has not been seen";
    ASSERT_EQ(next(machine), kind::end);
    ASSERT_TRUE(machine.defer_response());
    ASSERT_EQ(next(machine), kind::request);
    ASSERT_EQ(next(machine), kind::end);
    ASSERT_TRUE(machine.defer_response());
    ASSERT_EQ(next(machine), kind::request);
    ASSERT_EQ(next(machine), kind::end);
    EXPECT_FALSE(machine.defer_response()) << "the connection's last";
    EXPECT_EQ(machine.deferred(), 2u);
    EXPECT_FALSE(machine.respond({}, "third", now)) << "the first two come before";

    ASSERT_TRUE(machine.respond_deferred({}, "first", now));
    ASSERT_TRUE(machine.respond_deferred({.status = 404}, "second", now));
    EXPECT_FALSE(machine.respond_deferred({}, "none", now));
    ASSERT_TRUE(machine.respond({}, "third", now));
    EXPECT_EQ(sent(machine), "HTTP/1.1 200 OK\r\n" + date_line + "Content-Length: 5\r\n\r\nfirst" +
                                 "HTTP/1.1 404 Not Found\r\n" + date_line +
                                 "Content-Length: 6\r\n\r\nsecond" + "HTTP/1.1 200 OK\r\n" +
                                 date_line + "Content-Length: 5\r\nConnection: close\r\n\r\nthird");
    EXPECT_TRUE(machine.should_close());
}

TEST(http1_server, defers_nothing_that_needs_its_own_framing) {
    for (const char* bytes : {"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n",
                              "GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n"}) {
        server machine;
        receive_request(machine, bytes);
        ASSERT_EQ(next(machine), kind::end);
        EXPECT_FALSE(machine.defer_response()) << bytes;
        EXPECT_TRUE(machine.respond({}, "x", now)) << bytes;
    }
}

TEST(http1_server, answers_what_was_deferred_before_a_refusal) {
    server machine;
    give(machine, std::string(get) + "BAD\r\n\r\n");
    ASSERT_EQ(next(machine), kind::request);
    ASSERT_EQ(next(machine), kind::end);
    ASSERT_TRUE(machine.defer_response());
    auto event = machine.next_event();
    ASSERT_FALSE(event);
    ASSERT_TRUE(machine.respond_deferred({}, "good", now));
    machine.send_error(event.error(), now);
    const std::string both = sent(machine);
    EXPECT_TRUE(both.starts_with("HTTP/1.1 200 OK\r\n")) << both;
    EXPECT_NE(both.find("goodHTTP/1.1 400 Bad Request\r\n"), both.npos) << both;
    EXPECT_TRUE(machine.should_close());
}

TEST(http1_server, leaves_a_part_of_the_body_to_the_caller) {
    server machine;
    receive_request(machine, get);
    EXPECT_FALSE(machine.skip_body(1)) << "there is no head";
    ASSERT_TRUE(machine.send({.content_length = 10}, now));
    ASSERT_TRUE(machine.skip_body(4));
    EXPECT_FALSE(machine.skip_body(7)) << "more than is left";
    ASSERT_TRUE(machine.send_body(bytes_view("456789")));
    ASSERT_TRUE(machine.send_end());
    EXPECT_EQ(sent(machine),
              "HTTP/1.1 200 OK\r\n" + date_line + "Content-Length: 10\r\n\r\n456789");
}

}  // namespace
}  // namespace sockeye::http1
