#include "sockeye/core/ip_text.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

std::string rewritten(std::string_view text) {
    auto ip = parse_ipv6_text(text);
    return ip ? ipv6_text(ip->data()) : ip.error().in(text);
}

TEST(ip_text, reads_the_forms_of_rfc_4291_and_writes_those_of_rfc_5952) {
    EXPECT_EQ(rewritten("::"), "::");
    EXPECT_EQ(rewritten("::1"), "::1");
    EXPECT_EQ(rewritten("1::"), "1::");
    EXPECT_EQ(rewritten("2001:DB8:0:0:8:800:200C:417A"), "2001:db8::8:800:200c:417a");
    EXPECT_EQ(rewritten("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
    EXPECT_EQ(rewritten("2001:0:0:1:0:0:0:1"), "2001:0:0:1::1");
    EXPECT_EQ(rewritten("2001:db8:0:0:1:0:0:1"), "2001:db8::1:0:0:1");
    EXPECT_EQ(rewritten("1:2:3:4:5:6:7::"), "1:2:3:4:5:6:7:0");
    EXPECT_EQ(rewritten("0:0:0:0:0:0:0:0"), "::");
    EXPECT_EQ(rewritten("::ffff:192.0.2.1"), "::ffff:192.0.2.1");
    EXPECT_EQ(rewritten("::ffff:c000:0201"), "::ffff:192.0.2.1");
    EXPECT_EQ(rewritten("64:ff9b::192.0.2.33"), "64:ff9b::c000:221");
    EXPECT_EQ(rewritten("1:2:3:4:5:6:1.2.3.4"), "1:2:3:4:5:6:102:304");
}

TEST(ip_text, refuses_what_is_no_ipv6_address) {
    for (const char* text : {"",
                             ":",
                             ":1",
                             "1:",
                             ":::",
                             "1::2::3",
                             "12345::",
                             "g::",
                             "1:2:3:4:5:6:7",
                             "1:2:3:4:5:6:7:8:9",
                             "1:2:3:4:5:6:7:8::",
                             "1::2:3:4:5:6:7:8",
                             "::1 ",
                             "::1.2.3",
                             "::1.2.3.256",
                             "1.2.3.4::",
                             "1:2:3:4:5:6:7:1.2.3.4",
                             "::1.2.3.4:5",
                             "[::1]",
                             "::1%1",
                             "0x1::"}) {
        EXPECT_FALSE(parse_ipv6_text(text)) << text;
    }
}

TEST(ip_text, refuses_what_is_no_strict_ipv4_address) {
    for (const char* text : {"", ".", "1", "1.2.3", "1.2.3.", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1",
                             "01.2.3.4", "1.2.3.00", "0x7f.0.0.1", "1.2.3.4 ", " 1.2.3.4", "1..2.3",
                             "-1.2.3.4", "+1.2.3.4", "1.2.3.99999999999"}) {
        EXPECT_FALSE(parse_ipv4_text(text)) << text;
    }
    EXPECT_EQ(*parse_ipv4_text("0.10.200.255"), (ipv4_bytes{0, 10, 200, 255}));
}

TEST(ip_text, says_where_and_why) {
    EXPECT_EQ(parse_ipv4_text("1.2.300.4").error().in("1.2.300.4"),
              "bad address in \"1.2.300.4\" at byte 4: a number is above 255");
    EXPECT_EQ(rewritten("1::2::3"), "bad address in \"1::2::3\" at byte 4: a second ::");
}

}  // namespace
}  // namespace sockeye
