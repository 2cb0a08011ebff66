#include "hub/web/guard.hpp"

#include <gtest/gtest.h>

#include "sockeye/protocols/http1/request_head.hpp"

namespace sockeye::hub {
namespace {

// Parses the head as the server does, so that the guard sees what it would see.
unsigned status_of(const guard& at_door, const std::string& head_text) {
    http1::request_parser parser;
    parser.start();
    http1::request_head head;
    const auto parsed = parser.parse(head_text, http1::head_limits());
    EXPECT_TRUE(parsed && *parsed == http1::progress::complete) << head_text;
    EXPECT_TRUE(parser.finish(head_text.data(), head)) << head_text;
    const auto refused = at_door.check(head);
    return refused ? refused->status : 0;
}

std::string head(const std::string& method, const std::string& host,
                 const std::string& fields = "") {
    return method + " /topics/a HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n";
}

const guard at_8080({address::ipv4(127, 0, 0, 1, 8080)});

TEST(guard_test, names_of_the_hub) {
    for (const char* host : {"localhost:8080", "127.0.0.1:8080", "[::1]:8080", "LocalHost:8080"})
        EXPECT_EQ(status_of(at_8080, head("GET", host)), 0u) << host;
}

TEST(guard_test, other_names_are_misdirected) {
    for (const char* host : {"localhost", "localhost:80", "example.com:8080", "127.0.0.2:8080",
                             "localhost.example.com:8080", "127.0.0.1:808"})
        EXPECT_EQ(status_of(at_8080, head("GET", host)), 421u) << host;
}

TEST(guard_test, the_address_it_listens_on_is_a_name) {
    const guard other({address::ipv4(127, 0, 0, 9, 90)});
    EXPECT_EQ(status_of(other, head("GET", "127.0.0.9:90")), 0u);
    EXPECT_EQ(status_of(other, head("GET", "localhost:90")), 0u);
    EXPECT_EQ(status_of(other, head("GET", "localhost:8080")), 421u);
}

TEST(guard_test, port_80_may_be_left_out) {
    const guard at_80({address::loopback(family::ipv6, 80)});
    EXPECT_EQ(status_of(at_80, head("GET", "localhost")), 0u);
    EXPECT_EQ(status_of(at_80, head("GET", "[::1]")), 0u);
}

TEST(guard_test, changes_come_from_its_own_pages_or_from_programs) {
    const std::string host = "127.0.0.1:8080";
    const auto post = [&](const std::string& fields) {
        return status_of(at_8080, head("POST", host, fields));
    };
    EXPECT_EQ(post(""), 0u);
    EXPECT_EQ(post("Origin: http://127.0.0.1:8080\r\n"), 0u);
    EXPECT_EQ(post("Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:8080\r\n"), 0u);
    EXPECT_EQ(post("Sec-Fetch-Site: none\r\n"), 0u);
    EXPECT_EQ(post("Origin: http://localhost:8080\r\n"), 403u);  // another origin than Host's
    EXPECT_EQ(post("Origin: null\r\n"), 403u);
    EXPECT_EQ(post("Origin: https://127.0.0.1:8080\r\n"), 403u);
    EXPECT_EQ(post("Sec-Fetch-Site: same-site\r\n"), 403u);
    EXPECT_EQ(post("Sec-Fetch-Site: cross-site\r\nOrigin: http://127.0.0.1:8080\r\n"), 403u);
}

TEST(guard_test, reading_is_left_to_the_browsers_rules) {
    const std::string fields = "Sec-Fetch-Site: cross-site\r\nOrigin: http://example.com\r\n";
    EXPECT_EQ(status_of(at_8080, head("GET", "localhost:8080", fields)), 0u);
    for (const char* method : {"PUT", "DELETE", "PATCH", "STRANGE"})
        EXPECT_EQ(status_of(at_8080, head(method, "localhost:8080", fields)), 403u) << method;
}

}  // namespace
}  // namespace sockeye::hub
