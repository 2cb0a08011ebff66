#include "sockeye/core/url.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

url parsed(std::string_view text) {
    auto u = url::parse(text);
    if (!u) throw std::runtime_error(u.error().in(text));
    return *std::move(u);
}

TEST(url, has_the_parts_of_rfc_3986_section_3) {
    url u = parsed("FOO://user:pass@Example.COM:8042/over/there?name=ferret#nose");
    EXPECT_EQ(u.scheme(), "foo");
    EXPECT_EQ(u.userinfo(), "user:pass");
    EXPECT_EQ(u.host(), "example.com");
    EXPECT_EQ(u.port(), 8042);
    EXPECT_EQ(u.path(), "/over/there");
    EXPECT_EQ(u.query(), "name=ferret");
    EXPECT_EQ(u.fragment(), "nose");
    EXPECT_EQ(u.to_string(), "foo://user:pass@example.com:8042/over/there?name=ferret#nose");
    EXPECT_EQ(u.request_target(), "/over/there?name=ferret");
}

TEST(url, tells_missing_parts_from_empty_ones) {
    url bare = parsed("http://h");
    EXPECT_EQ(bare.path(), "");
    EXPECT_EQ(bare.request_target(), "/");
    EXPECT_FALSE(bare.has_query() || bare.has_fragment() || bare.has_userinfo() || bare.port());
    url empty = parsed("http://h:/?#");
    EXPECT_TRUE(empty.has_query() && empty.has_fragment());
    EXPECT_FALSE(empty.port());
    EXPECT_EQ(empty.request_target(), "/?");
    EXPECT_TRUE(parsed("file:///etc").has_authority());
    EXPECT_FALSE(parsed("urn:example:a").has_authority());
    EXPECT_EQ(parsed("urn:example:a").path(), "example:a");
    EXPECT_EQ(parsed("mailto:a@b.c").path(), "a@b.c");
    EXPECT_EQ(parsed("http://h?q/?").query(), "q/?");
    EXPECT_EQ(parsed("http://h/#a/?b").fragment(), "a/?b");
    EXPECT_EQ(parsed("http://h//a").path(), "//a");
}

TEST(url, knows_ipv6_hosts_and_default_ports) {
    url u = parsed("wss://[2001:DB8::1]/chat");
    EXPECT_EQ(u.host(), "2001:db8::1");
    EXPECT_TRUE(u.host_is_ipv6());
    EXPECT_EQ(u.port_or_default(), 443);
    EXPECT_EQ(u.host_port().to_string(), "[2001:db8::1]:443");
    EXPECT_EQ(parsed("http://[::1]:8080").port(), 8080);
    EXPECT_EQ(parsed("mqtt://h").port_or_default(), 1883);
    EXPECT_EQ(parsed("odd://h").port_or_default(), 0);
    EXPECT_FALSE(parsed("http://127.0.0.1/").host_is_ipv6());
}

TEST(url, refuses_with_place_and_reason) {
    auto why = [](std::string_view text) {
        auto u = url::parse(text);
        return u ? "accepted" : u.error().in(text);
    };
    EXPECT_EQ(why("example.com/x"),
              "bad URL in \"example.com/x\" at byte 0: no scheme, as in https://");
    EXPECT_EQ(why("http://h:99999/"), "bad port in \"http://h:99999/\" at byte 9: above 65535");
    EXPECT_EQ(why("http://h/a b"),
              "bad path in \"http://h/a b\" at byte 10: a character that must "
              "be percent-encoded");
    EXPECT_EQ(why("http://h/%4"),
              "bad path in \"http://h/%4\" at byte 9: expected two hexadecimal "
              "digits after %");
    EXPECT_EQ(why("http://[::1"), "bad host in \"http://[::1\" at byte 7: no closing bracket");
    EXPECT_EQ(why("http://[::g]/"),
              "bad address in \"http://[::g]/\" at byte 10: expected a group "
              "of hexadecimal digits");
    EXPECT_EQ(why("http://u@/"), "bad host in \"http://u@/\" at byte 9: missing");
    for (const char* text : {"",
                             ":",
                             "://h",
                             "1http://h",
                             "ht tp://h",
                             "http://h\n/",
                             "http://h/\x7f",
                             "http://h/\xff",
                             "http://:80/",
                             "http://u@v@h/",
                             "http://h:80:90/",
                             "http://h:-1/",
                             "http://h:8x/",
                             "http://[127.0.0.1]/",
                             "http://[::1%25eth0]/",
                             "http://[::1]x/",
                             "http://[v1.a]/",
                             "http://h/<>",
                             "http://h/?\"",
                             "http://h/#a#b",
                             "http://h/%zz",
                             "http://h[/",
                             "http://h\\x/",
                             "http://h%/",
                             "http://h/{}",
                             "http://h/a|b",
                             "http://h/^`"}) {
        EXPECT_FALSE(url::parse(text)) << text;
    }
    EXPECT_FALSE(url::parse("http://h/" + std::string(url::max_size, 'x')));
    EXPECT_TRUE(url::parse("http://h/" + std::string(url::max_size - 9, 'x')));
}

TEST(url, copies_keep_their_parts) {
    url a = parsed("http://h/p?q");
    url b = a;
    a = parsed("ftp://x/y");
    EXPECT_EQ(b.query(), "q");
    EXPECT_EQ(a.path(), "/y");
    EXPECT_FALSE(a == b);
}

}  // namespace
}  // namespace sockeye
