#include "sockeye/core/address.hpp"

#include <cstddef>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unordered_set>
#include <vector>

namespace sockeye {
namespace {

address parsed(std::string_view text) {
    auto a = address::parse(text);
    EXPECT_TRUE(a) << (a ? "" : a.error().in(text));
    return a ? *a : address();
}

address through_the_kernel(const address& a) {
    sockaddr_storage storage;
    std::uint32_t length = a.to_sockaddr(storage);
    return address::from_sockaddr(reinterpret_cast<const sockaddr*>(&storage), length);
}

TEST(address, text_and_sockaddr_come_back_the_same) {
    for (const char* text :
         {"127.0.0.1:80", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:80", "[::]:0",
          "[fe80::1%1]:22", "[2001:db8::1]:443", "[::ffff:192.0.2.1]:53", "unix:/run/x.sock",
          "unix:relative.sock", "unix:@name", "unix:@a\\x00b", "unix:/with\\x0anewline"}) {
        address a = parsed(text);
        EXPECT_EQ(a.to_string(), text);
        EXPECT_EQ(through_the_kernel(a), a) << text;
    }
}

TEST(address, knows_its_parts) {
    address a = parsed("[fe80::1%1]:22");
    EXPECT_EQ(a.family(), family::ipv6);
    EXPECT_EQ(a.port(), 22);
    EXPECT_EQ(a.scope(), 1U);
    EXPECT_EQ(a.ip_string(), "fe80::1%1");
    EXPECT_EQ(a.ip_bytes().size(), 16U);
    EXPECT_EQ(a.with_port(23).to_string(), "[fe80::1%1]:23");
    EXPECT_EQ(parsed("[fe80::1%lo]:22"), a);

    address path = parsed("unix:/run/x.sock");
    EXPECT_EQ(path.unix_name(), "/run/x.sock");
    EXPECT_FALSE(path.is_abstract());
    EXPECT_EQ(path.with_port(1), path);
    EXPECT_TRUE(parsed("unix:@x").is_abstract());
    EXPECT_EQ(address::ipv4(0x7f000001, 80), parsed("127.0.0.1:80"));
    EXPECT_EQ(address().to_string(), "unspecified");
}

TEST(address, a_path_that_starts_with_an_at_sign_is_not_abstract) {
    address a = *address::unix_path("@x");
    EXPECT_EQ(a.to_string(), "unix:./@x");
    EXPECT_FALSE(parsed(a.to_string()).is_abstract());
}

TEST(address, refuses_with_place_and_reason) {
    auto why = [](std::string_view text) {
        auto a = address::parse(text);
        return a ? "accepted" : a.error().in(text);
    };
    EXPECT_EQ(why("127.0.0.1"), "bad port in \"127.0.0.1\" at byte 9: missing");
    EXPECT_EQ(why("127.0.0.1:"), "bad port in \"127.0.0.1:\" at byte 10: missing");
    EXPECT_EQ(why("127.0.0.1:65536"), "bad port in \"127.0.0.1:65536\" at byte 10: above 65535");
    EXPECT_EQ(why("127.0.0.1:8x"), "bad port in \"127.0.0.1:8x\" at byte 11: not a number");
    EXPECT_EQ(why("::1:80"), "bad address in \"::1:80\" at byte 0: IPv6 needs brackets: [::1]:80");
    EXPECT_EQ(why("[::1]"), "bad port in \"[::1]\" at byte 5: missing");
    EXPECT_EQ(why("[::1:80"), "bad address in \"[::1:80\" at byte 0: no closing bracket");
    EXPECT_EQ(why("[fe80::1%no-such-card]:1"),
              "bad scope in \"[fe80::1%no-such-card]:1\" at byte 9: no interface has this name");
    EXPECT_EQ(why("[fe80::1%]:1"), "bad scope in \"[fe80::1%]:1\" at byte 9: missing after %");
    EXPECT_EQ(why("unix:@"), "bad name in \"unix:@\" at byte 6: empty");
    EXPECT_EQ(why("unix:a\\b"),
              "bad escape in \"unix:a\\x5cb\" at byte 6: a backslash is written \\x5c");
    for (const char* text :
         {"", ":", ":80", "host:80", "[127.0.0.1]:80", "[::1]80", "[]:80", "127.0.0.1:-1",
          "127.0.0.1:+1", "127.0.0.1: 1", "unix:", "unix:a\\x00b", "UNIX:/x", "[::1%0]:80"}) {
        EXPECT_FALSE(address::parse(text)) << text;
    }
    EXPECT_FALSE(address::unix_path(std::string(108, 'x')));
    EXPECT_TRUE(address::unix_path(std::string(107, 'x')));
}

TEST(address, tells_the_kinds_of_host_apart) {
    auto ip = [](std::string_view text) { return *address::parse_ip(text); };
    for (const char* text : {"127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"})
        EXPECT_TRUE(ip(text).is_loopback()) << text;
    for (const char* text : {"128.0.0.1", "::2", "0.0.0.0", "10.0.0.1"})
        EXPECT_FALSE(ip(text).is_loopback()) << text;
    for (const char* text : {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd00::1"})
        EXPECT_TRUE(ip(text).is_private()) << text;
    for (const char* text : {"172.32.0.1", "192.169.0.1", "11.0.0.1", "fe80::1", "2001:db8::1"})
        EXPECT_FALSE(ip(text).is_private()) << text;
    for (const char* text : {"224.0.0.1", "239.255.255.255", "ff02::1"})
        EXPECT_TRUE(ip(text).is_multicast()) << text;
    EXPECT_FALSE(ip("240.0.0.1").is_multicast());
    EXPECT_TRUE(ip("255.255.255.255").is_broadcast());
    EXPECT_TRUE(ip("169.254.1.1").is_link_local());
    EXPECT_TRUE(ip("febf::1").is_link_local());
    EXPECT_FALSE(ip("fec0::1").is_link_local());
    EXPECT_TRUE(ip("::").is_any());
    EXPECT_TRUE(ip("0.0.0.0").is_any());
    EXPECT_FALSE(address().is_any());
    EXPECT_EQ(address::parse_ip("::ffff:1.2.3.4", 5)->unmapped(), address::ipv4(1, 2, 3, 4, 5));
}

TEST(address, orders_hashes_and_compares) {
    std::vector<address> all = {
        address(),         parsed("1.2.3.4:5"),     parsed("1.2.3.4:6"),     parsed("1.2.4.4:5"),
        parsed("[::1]:5"), parsed("[fe80::1%1]:5"), parsed("[fe80::1%2]:5"), parsed("unix:a"),
        parsed("unix:b"),  parsed("unix:@a")};
    for (std::size_t i = 0; i < all.size(); ++i) {
        for (std::size_t j = 0; j < all.size(); ++j) {
            EXPECT_EQ(all[i] == all[j], i == j);
            EXPECT_EQ(all[i] < all[j], i < j) << all[i].to_string() << " " << all[j].to_string();
        }
    }
    std::unordered_set<address> table(all.begin(), all.end());
    table.insert(all.begin(), all.end());
    EXPECT_EQ(table.size(), all.size());
}

TEST(address, reads_what_the_kernel_writes_for_unix_sockets) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    auto* raw = reinterpret_cast<const sockaddr*>(&un);
    address unnamed = address::from_sockaddr(raw, offsetof(sockaddr_un, sun_path));
    EXPECT_TRUE(unnamed.is_unix());
    EXPECT_EQ(unnamed.unix_name(), "");
    EXPECT_EQ(unnamed.to_string(), "unix:");
    EXPECT_EQ(through_the_kernel(unnamed), unnamed);

    std::string longest(sizeof un.sun_path - 1, 'x');
    longest.copy(un.sun_path, longest.size());
    EXPECT_EQ(address::from_sockaddr(raw, sizeof un).unix_name(), longest);
    EXPECT_TRUE(address::from_sockaddr(raw, 1).is_unspecified());
    EXPECT_TRUE(address::from_sockaddr(nullptr, 0).is_unspecified());
}

TEST(address, copies_of_a_unix_name_live_on_many_threads) {
    address shared = parsed("unix:/run/shared.sock");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&shared] {
            for (int n = 0; n < 10'000; ++n) {
                address copy = shared;
                address moved = std::move(copy);
                ASSERT_EQ(moved.unix_name(), "/run/shared.sock");
            }
        });
    }
}

}  // namespace
}  // namespace sockeye
