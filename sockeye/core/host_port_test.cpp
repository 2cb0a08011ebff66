#include "sockeye/core/host_port.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

TEST(host_port, reads_what_people_type) {
    EXPECT_EQ(host_port::parse("localhost:12345"), (host_port{"localhost", 12345}));
    EXPECT_EQ(host_port::parse(":8080"), (host_port{"", 8080}));
    EXPECT_EQ(host_port::parse("*:8080"), (host_port{"", 8080}));
    EXPECT_EQ(host_port::parse("[::1]:80"), (host_port{"::1", 80}));
    EXPECT_EQ(host_port::parse("[fe80::1%eth0]:80"), (host_port{"fe80::1%eth0", 80}));
    EXPECT_EQ(host_port::parse("a-b.example_1.org.:0"), (host_port{"a-b.example_1.org.", 0}));
}

TEST(host_port, writes_what_it_reads) {
    for (const char* text : {"localhost:12345", ":8080", "[::1]:80", "10.0.0.1:65535"})
        EXPECT_EQ(host_port::parse(text).value().to_string(), text);
}

TEST(host_port, says_what_where_and_why) {
    auto why = [](std::string_view text) {
        auto parsed = host_port::parse(text);
        return parsed ? "accepted" : parsed.error().in(text);
    };
    EXPECT_EQ(why("localhost"),
              "bad port in \"localhost\" at byte 9: missing, as in localhost:12345");
    EXPECT_EQ(why("localhost:99999"), "bad port in \"localhost:99999\" at byte 10: above 65535");
    EXPECT_EQ(why("::1:80"),
              "bad host in \"::1:80\" at byte 0: an IPv6 address needs brackets: [::1]:80");
    EXPECT_EQ(why("a b:1"), "bad host in \"a b:1\" at byte 1: a character that no host name has");
    EXPECT_EQ(why("[::1:80"), "bad host in \"[::1:80\" at byte 0: no closing bracket");
    EXPECT_EQ(why("[::1]80"), "bad host in \"[::1]80\" at byte 5: expected a colon and a port");
    for (const char* text : {"", "localhost:", "localhost:http", "localhost:+1", "localhost:-1",
                             "http://h:1", "h/:1", "h\n:1", "[]:1", "[9%%]:8", "[::1]",
                             "[::1]:", "[*]:1", "a@b:1", "gr\xc3\xbc\xc3\x9f:1"}) {
        EXPECT_FALSE(host_port::parse(text)) << text;
    }
    EXPECT_TRUE(host_port::parse(std::string(253, 'x') + ":1"));
    EXPECT_FALSE(host_port::parse(std::string(254, 'x') + ":1"));
}

}  // namespace
}  // namespace sockeye
