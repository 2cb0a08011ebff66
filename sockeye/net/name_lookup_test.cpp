#include "sockeye/net/name_lookup.hpp"

#include <gtest/gtest.h>
#include <string>

#include "sockeye/core/error.hpp"

namespace sockeye {
namespace {

std::string looked_up(std::string_view target, lookup_for purpose,
                      family wanted = family::unspecified) {
    std::string all;
    for (const address& a : look_up(target, purpose, wanted))
        all.append(all.empty() ? "" : " ").append(a.to_string());
    return all;
}

TEST(name_lookup, numbers_and_unix_names_are_answered_at_once) {
    EXPECT_EQ(looked_up("10.0.0.1:80", lookup_for::connecting), "10.0.0.1:80");
    EXPECT_EQ(looked_up("[fe80::1%1]:80", lookup_for::connecting), "[fe80::1%1]:80");
    EXPECT_EQ(looked_up("unix:@name", lookup_for::listening), "unix:@name");
}

TEST(name_lookup, no_host_is_every_interface_or_this_machine) {
    EXPECT_EQ(looked_up(":80", lookup_for::listening), "[::]:80 0.0.0.0:80");
    EXPECT_EQ(looked_up("*:80", lookup_for::connecting), "[::1]:80 127.0.0.1:80");
    EXPECT_EQ(looked_up(":80", lookup_for::listening, family::ipv4), "0.0.0.0:80");
}

TEST(name_lookup, localhost_is_loopback) {
    for (const address& a : look_up("localhost:80", lookup_for::connecting)) {
        EXPECT_TRUE(a.is_loopback());
        EXPECT_EQ(a.port(), 80);
    }
    EXPECT_EQ(looked_up("localhost:80", lookup_for::connecting, family::ipv4), "127.0.0.1:80");
}

TEST(name_lookup, failures_say_what_was_asked) {
    try {
        look_up("10.0.0.1:80", lookup_for::connecting, family::ipv6);
        FAIL();
    } catch (const error& e) {
        EXPECT_EQ(e.code().category(), name_category());
        EXPECT_STREQ(e.what(), "look up 10.0.0.1:80: address family for hostname not supported");
    }
    EXPECT_THROW(look_up("no port", lookup_for::connecting), error);
}

}  // namespace
}  // namespace sockeye
