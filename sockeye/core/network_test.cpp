#include "sockeye/core/network.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

network net(std::string_view text) {
    return network::parse(text).value();
}
address ip(std::string_view text) {
    return address::parse_ip(text).value();
}

TEST(network, reads_and_writes) {
    for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.128/25", "1.2.3.4/32", "::/0",
                             "2001:db8::/32", "fe80::/10", "::1/128"}) {
        EXPECT_EQ(net(text).to_string(), text);
    }
    EXPECT_EQ(net("10.1.2.3").to_string(), "10.1.2.3/32");
    EXPECT_EQ(net("::1").to_string(), "::1/128");
}

TEST(network, is_strict) {
    auto why = [](std::string_view text) {
        auto parsed = network::parse(text);
        return parsed ? "accepted" : parsed.error().in(text);
    };
    EXPECT_EQ(why("10.1.2.3/8"),
              "bad network in \"10.1.2.3/8\" at byte 8: bits are set behind the prefix");
    EXPECT_EQ(why("10.0.0.0/33"), "bad prefix in \"10.0.0.0/33\" at byte 9: above 32");
    EXPECT_EQ(why("::/129"), "bad prefix in \"::/129\" at byte 3: above 128");
    EXPECT_EQ(why("fe80::%1/64"),
              "bad network in \"fe80::%1/64\" at byte 6: a scope has no place "
              "here");
    for (const char* text :
         {"", "/", "/8", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/+8", "10.0.0.0/8 ", "10.0.0.0/8/8",
          "10.0/8", "[::]/0", "10.0.0.0:80/8", "10.0.0.0/255.0.0.0", "10.0.0.0/99999999999"}) {
        EXPECT_FALSE(network::parse(text)) << text;
    }
}

TEST(network, contains_its_members_alone) {
    EXPECT_TRUE(net("10.0.0.0/8").contains(ip("10.255.255.255")));
    EXPECT_FALSE(net("10.0.0.0/8").contains(ip("11.0.0.0")));
    EXPECT_TRUE(net("192.168.1.128/25").contains(ip("192.168.1.128")));
    EXPECT_FALSE(net("192.168.1.128/25").contains(ip("192.168.1.127")));
    EXPECT_TRUE(net("0.0.0.0/0").contains(ip("255.1.2.3")));
    EXPECT_TRUE(net("2001:db8::/33").contains(ip("2001:db8:7fff::1")));
    EXPECT_FALSE(net("2001:db8::/33").contains(ip("2001:db8:8000::1")));
    EXPECT_TRUE(net("10.0.0.0/8").contains(ip("10.1.1.1").with_port(80)));
    EXPECT_TRUE(net("fe80::/10").contains(address::parse_ip("fe80::1%1").value()));
    EXPECT_FALSE(net("::/0").contains(address()));
    EXPECT_TRUE(net("10.0.0.0/8").contains(net("10.2.0.0/16")));
    EXPECT_FALSE(net("10.2.0.0/16").contains(net("10.0.0.0/8")));
}

TEST(network, sees_ipv4_through_its_ipv6_coat) {
    EXPECT_TRUE(net("10.0.0.0/8").contains(ip("::ffff:10.1.2.3")));
    EXPECT_FALSE(net("::/0").contains(ip("::ffff:10.1.2.3")));
    EXPECT_EQ(net("::ffff:10.0.0.0/104"), net("10.0.0.0/8"));
    EXPECT_EQ(net("::ffff:0.0.0.0/96"), net("0.0.0.0/0"));
    EXPECT_EQ(net("::/80").to_string(), "::/80");
}

TEST(network, counts_and_numbers_its_members) {
    EXPECT_EQ(net("10.0.0.0/30").count(), 4U);
    EXPECT_EQ(net("10.0.0.0/30")[3], ip("10.0.0.3"));
    EXPECT_EQ(net("10.0.0.0/8")[0x010203], ip("10.1.2.3"));
    EXPECT_EQ(net("10.0.0.0/8").last(), ip("10.255.255.255"));
    EXPECT_EQ(net("0.0.0.0/0").count(), std::uint64_t{1} << 32);
    EXPECT_EQ(net("1.2.3.4/32").count(), 1U);
    EXPECT_EQ(net("1.2.3.4/32").last(), net("1.2.3.4/32").first());
    EXPECT_EQ(net("2001:db8::/64").count(), std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(net("2001:db8::/64")[0x10001], ip("2001:db8::1:1"));
    EXPECT_EQ(net("2001:db8::/120").last(), ip("2001:db8::ff"));
}

TEST(network, around_drops_the_bits_behind_the_prefix) {
    EXPECT_EQ(network::around(ip("192.168.1.77"), 24), net("192.168.1.0/24"));
    EXPECT_EQ(network::around(ip("fe80::1%1"), 64), net("fe80::/64"));
    EXPECT_EQ(network::around(ip("1.2.3.4"), 99), net("1.2.3.4/32"));
}

}  // namespace
}  // namespace sockeye
