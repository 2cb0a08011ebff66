// What a server must not take: each line whole, byte by byte, and with the next request behind it.
#include <gtest/gtest.h>
#include <ostream>

#include "sockeye/protocols/http1/server_transcript.hpp"

namespace sockeye::http1 {
namespace {

using std::string_literals::operator""s;

struct refusal {
    std::string bytes;
    std::string outcome;  // status and part
    const char* rule;
};

void PrintTo(const refusal& r, std::ostream* out) {
    *out << r.rule << ": " << ::testing::PrintToString(r.bytes);
}

const std::string next = "GET /next HTTP/1.1\r\nHost: h\r\n\r\n";

// A request with these fields, and a body that either reading of them would take.
std::string post(std::string_view fields) {
    return "POST /p HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n5\r\nhello\r\n0\r\n\r\n";
}
std::string chunked(std::string_view body) {
    return "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}
std::string line(std::string_view line) {
    return std::string(line) + "\r\nHost: h\r\n\r\n";
}
std::string field(std::string_view field) {
    return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(field) + "\r\n\r\n";
}
std::string host(std::string_view fields) {
    return "GET / HTTP/1.1\r\n" + std::string(fields) + "\r\n";
}

class refused : public ::testing::TestWithParam<refusal> {};

TEST_P(refused, however_it_is_cut) {
    const refusal& r = GetParam();
    server_transcript transcript;
    transcript.feed(r.bytes);
    // Of a body, what came before the mistake was given.
    ASSERT_TRUE(transcript.text.ends_with(r.outcome + "\n")) << transcript.text;
    std::string whole = transcript.text;
    EXPECT_EQ(server_transcript::in_pieces(r.bytes, 1), whole);
    EXPECT_EQ(server_transcript::in_pieces(r.bytes, 3), whole);
    EXPECT_EQ(server_transcript::whole(r.bytes + next), whole);
    EXPECT_EQ(server_transcript::in_pieces(r.bytes + next, 1), whole);

    std::string sent = transcript.sent();
    EXPECT_TRUE(sent.starts_with("HTTP/1.1 " + r.outcome.substr(0, 3))) << sent;
    EXPECT_NE(sent.find("\r\nConnection: close\r\n"), sent.npos) << sent;
    EXPECT_TRUE(transcript.machine.should_close());

    // What was good before it is answered first.
    server_transcript pipelined;
    pipelined.feed(next + r.bytes);
    EXPECT_EQ(pipelined.text, "GET /next \n" + whole);
    sent = pipelined.sent();
    EXPECT_TRUE(sent.starts_with("HTTP/1.1 200 OK\r\n")) << sent;
    EXPECT_NE(sent.find("\r\n\r\nokHTTP/1.1 " + r.outcome.substr(0, 3)), sent.npos) << sent;
}

const refusal framings[] = {
    {post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"), "400 Content-Length",
     "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"), "400 Content-Length",
     "RFC 9112 6.1"},
    {post("Content-Length: 5\r\nContent-Length: 5\r\n"), "400 Content-Length", "RFC 9112 6.3 (5)"},
    {post("Content-Length: 5\r\nContent-Length: 6\r\n"), "400 Content-Length", "RFC 9112 6.3 (5)"},
    {post("Content-Length: 5, 5\r\n"), "400 Content-Length", "RFC 9112 6.3 (5)"},
    {post("Content-Length:\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: +5\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: -5\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 0x5\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 05\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 0o5\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 1 0\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 5_0\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 9223372036854775808\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 18446744073709551621\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {post("Content-Length: 5\xa0\r\n"), "400 Content-Length", "RFC 9110 8.6"},
    {"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400 Transfer-Encoding",
     "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked, gzip\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked, chunked\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), "400 Transfer-Encoding",
     "RFC 9112 6.1"},
    {post("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"), "400 Transfer-Encoding",
     "RFC 9112 6.1"},
    {post("Transfer-Encoding: gzip, chunked\r\n"), "501 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: identity\r\n"), "501 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: xchunked\r\n"), "501 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked;q=1\r\n"), "501 Transfer-Encoding", "RFC 9112 7"},
    {post("Transfer-Encoding:\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: ,chunked\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: \"chunked\"\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding:\r\n chunked\r\n"), "400 field", "RFC 9112 5.2"},
    {post("Transfer-Encoding: \vchunked\r\n"), "400 field", "RFC 9110 5.5"},
    {post("Transfer-Encoding: chunked\f\r\n"), "400 field", "RFC 9110 5.5"},
    {post("Transfer-Encoding: chunked\0\r\n"s), "400 field", "RFC 9110 5.5"},
    {post("Transfer-Encoding: \xa0"
          "chunked\r\n"),
     "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding: chunked\x85\r\n"), "400 Transfer-Encoding", "RFC 9112 6.1"},
    {post("Transfer-Encoding : chunked\r\n"), "400 field", "RFC 9112 5.1"},
    {post("Expect: 200-ok\r\n"), "417 Expect", "RFC 9110 10.1.1"},
};
INSTANTIATE_TEST_SUITE_P(framing, refused, ::testing::ValuesIn(framings));

const refusal chunks[] = {
    {chunked("\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("+5\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("-5\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("1_0\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5 \r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5\t;a\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("0000000000000005\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5;\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a=\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a;\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a=\"\n\"\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a=\"\r\"\r\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a=\"\0\"\r\nhello\r\n0\r\n\r\n"s), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a=\"\\\0\"\r\nhello\r\n0\r\n\r\n"s), "400 chunk", "RFC 9112 7.1.1"},
    {chunked("5;a\r\rhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 2.2"},
    {chunked("5\nhello\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 2.2"},
    {chunked("5\r\nhello0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5\r\nhello\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5\r\nhello\r0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5\r\nhello!\r\n0\r\n\r\n"), "400 chunk", "RFC 9112 7.1"},
    {chunked("5;" + std::string(300, 'a') + "\r\nhello\r\n0\r\n\r\n"), "400 chunk",
     "RFC 9112 7.1.1"},
    {chunked("0\r\nX\r\n\r\n"), "400 field", "RFC 9112 7.1.2"},
    {chunked("0\r\nX: y\n\r\n"), "400 field", "RFC 9112 7.1.2"},
    {chunked("0\r\nX: " + std::string(9000, 'y') + "\r\n\r\n"), "431 fields", "RFC 6585 5"},
};
INSTANTIATE_TEST_SUITE_P(chunks, refused, ::testing::ValuesIn(chunks));

const refusal lines[] = {
    {"GET / HTTP/1.1\nHost: h\n\n", "400 request line", "RFC 9112 2.2"},
    {"GET / HTTP/1.1\r\nHost: h\n\r\n", "400 field", "RFC 9112 2.2"},
    {"GET / HTTP/1.1\r\nHost: h\r\n\n", "400 field", "RFC 9112 2.2"},
    {"GET / HTTP/1.1\rHost: h\r\n\r\n", "400 version", "RFC 9112 2.2"},
    {field("A: b\rc: d"), "400 field", "RFC 9112 2.2"},
    {field("A: b\r\r"), "400 field", "RFC 9112 2.2"},
    {field("A: b\r\n c"), "400 field", "RFC 9112 5.2"},
    {field("A: b\r\n\tc"), "400 field", "RFC 9112 5.2"},
    {"GET / HTTP/1.1\r\n Host: h\r\n\r\n", "400 field", "RFC 9112 2.2"},
    {field("A : b"), "400 field", "RFC 9112 5.1"},
    {field("A\t: b"), "400 field", "RFC 9112 5.1"},
    {field("A"), "400 field", "RFC 9112 5"},
    {field(": b"), "400 field", "RFC 9112 5"},
    {field("A(): b"), "400 field", "RFC 9110 5.1"},
    {field("A\x80: b"), "400 field", "RFC 9110 5.1"},
    {field("A\0: b"s), "400 field", "RFC 9110 5.1"},
    {field("A: b\0c"s), "400 field", "RFC 9110 5.5"},
    {field("A: b\x01"), "400 field", "RFC 9110 5.5"},
    {field("A: b\x7f"), "400 field", "RFC 9110 5.5"},
    {field("A: 0123456789abcdef\x1b[0m 0123456789abcdef"), "400 field", "RFC 9110 5.5"},
};
INSTANTIATE_TEST_SUITE_P(lines, refused, ::testing::ValuesIn(lines));

const refusal request_lines[] = {
    {line("GET /"), "400 request line", "RFC 9112 3 (HTTP/0.9)"},
    {line("GET / HTTP/0.9"), "400 version", "RFC 9112 2.3"},
    {line("GET / HTTP/1"), "400 version", "RFC 9112 2.3"},
    {line("GET / HTTP/1.32"), "400 version", "RFC 9112 2.3"},
    {line("GET / HTTP/01.01"), "400 version", "RFC 9112 2.3"},
    {line("GET / http/1.1"), "400 version", "RFC 9112 2.3"},
    {line("GET / HTTP/1.1 "), "400 version", "RFC 9112 3"},
    {line("GET / HTTP/9.9"), "505 version", "RFC 9110 15.6.6"},
    {line("PRI * HTTP/2.0"), "505 version", "RFC 9110 15.6.6"},
    {line("GET\t/ HTTP/1.1"), "400 method", "RFC 9112 3"},
    {line("GET /\tHTTP/1.1"), "400 target", "RFC 9112 3"},
    {line("GET  / HTTP/1.1"), "400 target", "RFC 9112 3"},
    {line("GET /  HTTP/1.1"), "400 version", "RFC 9112 3"},
    {line(" GET / HTTP/1.1"), "400 method", "RFC 9112 3"},
    {line("\r\n\r\nGET / HTTP/1.1"), "400 method", "RFC 9112 2.2"},
    {line("GET /a b HTTP/1.1"), "400 version", "RFC 9112 3.2"},
    {line("GET /\xc3\xa4 HTTP/1.1"), "400 target", "RFC 9112 3.2"},
    {line("GET /\0 HTTP/1.1"s), "400 target", "RFC 9112 3.2"},
    {line("GET /a#b HTTP/1.1"), "400 target", "RFC 9112 3.2"},
    {line("GET * HTTP/1.1"), "400 target", "RFC 9112 3.2.4"},
    {line("GET a HTTP/1.1"), "400 target", "RFC 9112 3.2"},
    {line("GET ftp://h/ HTTP/1.1"), "400 target", "RFC 9112 3.2.2"},
    {line("GET http://u@h/ HTTP/1.1"), "400 target", "RFC 9110 4.2.4"},
    {line("GET http:///a HTTP/1.1"), "400 target", "RFC 9110 4.2.1"},
    {line("CONNECT h:80 HTTP/1.1"), "405 method", "RFC 9110 9.3.6"},
    {line("G(T / HTTP/1.1"), "400 method", "RFC 9110 9.1"},
};
INSTANTIATE_TEST_SUITE_P(request_lines, refused, ::testing::ValuesIn(request_lines));

const refusal hosts[] = {
    {host(""), "400 Host", "RFC 9112 3.2"},
    {host("Host: a\r\nHost: a\r\n"), "400 Host", "RFC 9112 3.2"},
    {host("Host: a\r\nHost: b\r\n"), "400 Host", "RFC 9112 3.2"},
    {host("Host:\r\n"), "400 Host", "RFC 9112 3.2"},
    {host("Host: a, b\r\n"), "400 Host", "RFC 9112 3.2"},
    {host("Host: a,b\r\n"), "400 Host", "RFC 9112 3.2"},
    {host("Host: u@h\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: u:p@h\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: h/\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: h:99999\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: h:x\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: :80\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: [::1\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: [::g]\r\n"), "400 Host", "RFC 9110 7.2"},
    {host("Host: ::1\r\n"), "400 Host", "RFC 9110 7.2"},
};
INSTANTIATE_TEST_SUITE_P(hosts, refused, ::testing::ValuesIn(hosts));

std::string many_fields() {
    std::string fields;
    for (int i = 0; i < 100; ++i) fields += "A: b\r\n";
    return fields;
}

const refusal limits[] = {
    {line("GET /" + std::string(9000, 'a') + " HTTP/1.1"), "414 request line", "RFC 9110 15.5.15"},
    {line(std::string(9000, 'A') + " / HTTP/1.1"), "414 request line", "RFC 9112 3"},
    {field("A: " + std::string(40000, 'b')), "431 fields", "RFC 6585 5"},
    {field(std::string(40000, 'a') + ": b"), "431 fields", "RFC 6585 5"},
    {field("A:" + std::string(40000, ' ') + "b"), "431 fields", "RFC 6585 5"},
    {host("Host: h\r\n" + many_fields()), "431 fields", "RFC 6585 5"},
};
INSTANTIATE_TEST_SUITE_P(limits, refused, ::testing::ValuesIn(limits));

}  // namespace
}  // namespace sockeye::http1
