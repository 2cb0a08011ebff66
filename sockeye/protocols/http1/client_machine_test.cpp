#include "sockeye/protocols/http1/client_machine.hpp"

#include <gtest/gtest.h>

#include "sockeye/protocols/http1/client_transcript.hpp"

namespace sockeye::http1 {
namespace {

using kind = client::kind;
using body_kind = outgoing_request::body_kind;

std::string sent(client& machine) {
    std::string bytes;
    for (bytes_view segment : machine.data_to_send()) bytes += segment.text();
    machine.consumed(bytes.size());
    return bytes;
}

const std::string ok = "HTTP/1.1 200 OK\r\n";

struct example {
    const char* method;
    std::string bytes;
    std::string outcome;
    const char* rule;
};

const example examples[] = {
    {"GET", ok + "Content-Length: 5\r\n\r\nhello", "200 hello\n", "RFC 9112 6.3 (6)"},
    {"GET", ok + "Content-Length: 0\r\n\r\n", "200 \n", "RFC 9112 6.3 (6)"},
    {"GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nA: b\r\n\r\n",
     "200 hello A=b\n", "RFC 9112 7.1"},
    {"GET", ok + "\r\nhello", "200 hello\nclosed\n", "RFC 9112 6.3 (8): up to the end"},
    {"GET", "HTTP/1.0 404 \r\n\r\nno", "404 no\nclosed\n", "RFC 9112 6.3 (8)"},
    {"GET", "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", "200 \n", "RFC 9112 4: no reason"},
    {"HEAD", ok + "Content-Length: 5\r\n\r\n", "200 \n", "RFC 9112 6.3 (1)"},
    {"HEAD", ok + "Transfer-Encoding: chunked\r\n\r\n", "200 \n", "RFC 9112 6.3 (1)"},
    {"GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 \n", "RFC 9112 6.3 (1)"},
    {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 \n", "RFC 9112 6.3 (1)"},
    {"GET", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok + "Content-Length: 1\r\n\r\nx",
     "103 200 x\n", "RFC 9110 15.2"},
    {"GET", ok + "Connection: close\r\nContent-Length: 1\r\n\r\nx", "200 x\nclosed\n",
     "RFC 9112 9.6"},
    // Refused.
    {"GET", ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", "502 Content-Length\n",
     "RFC 9112 6.3 (3)"},
    {"GET", ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "502 Content-Length\n",
     "RFC 9112 6.3 (5)"},
    {"GET", ok + "Content-Length: 5\r\n\r\nhell", "200 hell502 body\n", "RFC 9112 8"},
    {"GET", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "200 hello502 body\n",
     "RFC 9112 8"},
    {"GET", ok + "Transfer-Encoding: chunked\r\n\r\nx\r\n", "200 502 chunk\n", "RFC 9112 7.1"},
    {"GET", "HTTP/1.1 200 O", "502 head\n", "RFC 9112 8"},
    {"GET", "", "502 head\n", "RFC 9112 8"},
    {"GET", "HTTP/2.0 200 OK\r\n\r\n", "502 status line\n", "RFC 9112 4"},
    {"GET", "HTTP/1.1  200 OK\r\n\r\n", "502 status line\n", "RFC 9112 4"},
    {"GET", "HTTP/1.1 20 OK\r\n\r\n", "502 status line\n", "RFC 9112 4"},
    {"GET", "HTTP/1.1 099 OK\r\n\r\n", "502 status\n", "RFC 9110 15"},
    {"GET", "HTTP/1.1 200 O\x01K\r\n\r\n", "502 reason\n", "RFC 9112 4"},
    {"GET", "HTTP/1.1 200 OK\nA: b\n\n", "502 status line\n", "RFC 9112 2.2"},
    {"GET", ok + "A : b\r\n\r\n", "502 field\n", "RFC 9112 5.1"},
    {"GET", ok + "A: b\r\n c\r\n\r\n", "502 field\n", "RFC 9112 5.2"},
    {"GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "502 status\n", "RFC 9110 7.8"},
    {"GET", "<html>" + std::string(9000, 'x'), "502 status line\n", "a limit"},
};

TEST(http1_client, reads_responses_however_they_are_cut) {
    for (const example& e : examples) {
        SCOPED_TRACE(std::string(e.rule) + ": " + e.bytes.substr(0, 200));
        EXPECT_EQ(client_transcript::in_pieces(e.method, e.bytes, e.bytes.size() + 1), e.outcome);
        EXPECT_EQ(client_transcript::in_pieces(e.method, e.bytes, 1), e.outcome);
        EXPECT_EQ(client_transcript::in_pieces(e.method, e.bytes, 3), e.outcome);
    }
}

TEST(http1_client, writes_requests) {
    client machine;
    ASSERT_TRUE(machine.send({.host = "h:81"}));
    EXPECT_EQ(sent(machine), "GET / HTTP/1.1\r\nHost: h:81\r\n\r\n");
    EXPECT_FALSE(machine.send({.host = "h"}));  // one exchange at a time

    client counted;
    const http::header fields[] = {{"Accept", "*/*"}};
    ASSERT_TRUE(counted.send({.method = "PUT",
                              .target = "/a?b",
                              .host = "h",
                              .headers = fields,
                              .body = body_kind::counted,
                              .content_length = 5}));
    EXPECT_FALSE(counted.send_body("hello!"));
    ASSERT_TRUE(counted.send_body("hello"));
    ASSERT_TRUE(counted.send_end());
    EXPECT_EQ(sent(counted),
              "PUT /a?b HTTP/1.1\r\nHost: h\r\nAccept: */*\r\nContent-Length: 5\r\n\r\nhello");

    client chunked;
    ASSERT_TRUE(chunked.send({.method = "POST", .host = "h", .body = body_kind::chunked}));
    ASSERT_TRUE(chunked.send_body(shared_bytes("hello")));
    ASSERT_TRUE(chunked.send_end());
    EXPECT_EQ(sent(chunked),
              "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
              "5\r\nhello\r\n0\r\n\r\n");
}

TEST(http1_client, refuses_to_send_what_is_wrong) {
    auto refused = [](const outgoing_request& request) {
        client machine;
        return !machine.send(request) && machine.queued() == 0;
    };
    EXPECT_TRUE(refused({.method = "G T", .host = "h"}));
    EXPECT_TRUE(refused({.target = "", .host = "h"}));
    EXPECT_TRUE(refused({.target = "/a b", .host = "h"}));
    EXPECT_TRUE(refused({.target = "/a\r\nX: y", .host = "h"}));
    EXPECT_TRUE(refused({.target = "/a#b", .host = "h"}));
    EXPECT_TRUE(refused({.host = ""}));
    EXPECT_TRUE(refused({.host = "h\r\nX: y"}));
    for (http::header bad : {http::header{"Host", "x"}, http::header{"Content-Length", "1"},
                             http::header{"X", "a\nb"}}) {
        const http::header fields[] = {bad};
        EXPECT_TRUE(refused({.host = "h", .headers = fields})) << bad.name;
    }
}

TEST(http1_client, uses_a_connection_again) {
    client machine;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(machine.send({.host = "h"}));
        sent(machine);
        std::string bytes = ok + "Content-Length: 1\r\n\r\nx";
        machine.receive(bytes);
        EXPECT_EQ(machine.next_event()->kind, kind::response);
        EXPECT_EQ(machine.response().reason, "OK");
        EXPECT_EQ(machine.next_event()->kind, kind::data);
        EXPECT_FALSE(machine.can_send());
        EXPECT_EQ(machine.next_event()->kind, kind::end);
        EXPECT_TRUE(machine.can_send());
    }
    machine.receive_end();
    EXPECT_EQ(machine.next_event()->kind, kind::closed);
    EXPECT_TRUE(machine.should_close());
}

TEST(http1_client, takes_no_response_that_nobody_asked_for) {  // RFC 9112 section 9.2
    client machine;
    machine.receive("HTTP/1.1 408 Request Timeout\r\n\r\n");
    auto event = machine.next_event();
    ASSERT_FALSE(event);
    EXPECT_STREQ(event.error().why, "nobody asked for it");
    EXPECT_FALSE(machine.next_event());
    EXPECT_FALSE(machine.can_send());
}

TEST(http1_client, waits_for_continue_and_may_be_answered_early) {
    client machine;
    ASSERT_TRUE(machine.send({.method = "POST", .host = "h", .body = body_kind::chunked}));
    machine.receive("HTTP/1.1 100 Continue\r\n\r\n");
    EXPECT_EQ(machine.next_event()->kind, kind::interim);
    EXPECT_EQ(machine.response().status, 100u);
    std::string early = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
    machine.receive(early);
    EXPECT_EQ(machine.next_event()->kind, kind::response);
    EXPECT_EQ(machine.next_event()->kind, kind::end);
    EXPECT_FALSE(machine.can_send());
    ASSERT_TRUE(machine.send_end());
    EXPECT_TRUE(machine.can_send());
}

TEST(http1_client, bounds_interim_responses) {
    std::string flood;
    for (int i = 0; i < 20; ++i) flood += "HTTP/1.1 102 Processing\r\n\r\n";
    EXPECT_TRUE(client_transcript::in_pieces("GET", flood, 1000).ends_with("502 status\n"));
}

TEST(http1_client, switches_protocols) {
    client machine;
    ASSERT_TRUE(machine.send({.host = "h", .upgrade = "websocket"}));
    EXPECT_EQ(sent(machine),
              "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
    std::string bytes =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nfr";
    machine.receive(bytes);
    EXPECT_EQ(machine.next_event()->kind, kind::switched);
    EXPECT_EQ(machine.unread().text(), "fr");
}

}  // namespace
}  // namespace sockeye::http1
