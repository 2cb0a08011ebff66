#include "sockeye/core/bytes.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

namespace sockeye {
namespace {

// Counts what comes back to it.
struct counting_source final : buffer_source {
    void give_back(std::byte* base) noexcept override { returned.push_back(base); }
    std::vector<std::byte*> returned;
};

TEST(bytes_view, text_spans_and_vectors_convert_to_it) {
    auto size_of = [](bytes_view bytes) { return bytes.size(); };
    const std::array<std::byte, 3> raw{};
    EXPECT_EQ(size_of("four"), 4U);
    EXPECT_EQ(size_of(std::string("a\0b", 3)), 3U);
    EXPECT_EQ(size_of(std::string_view("xy")), 2U);
    EXPECT_EQ(size_of(std::span<const std::byte>(raw)), 3U);
    EXPECT_EQ(size_of(std::vector<unsigned char>(5)), 5U);
    EXPECT_EQ(size_of(buffer(7)), 7U);
    EXPECT_EQ(size_of({}), 0U);
}

TEST(bytes_view, parts_never_reach_outside) {
    bytes_view bytes = "hello";
    EXPECT_EQ(bytes.first(2).text(), "he");
    EXPECT_EQ(bytes.first(99).text(), "hello");
    EXPECT_EQ(bytes.without_first(2).text(), "llo");
    EXPECT_TRUE(bytes.without_first(99).empty());
    EXPECT_EQ(bytes.part(1, 3).text(), "ell");
    EXPECT_EQ(bytes.part(4, 99).text(), "o");
    EXPECT_TRUE(bytes.part(99, 99).empty());
    EXPECT_TRUE(bytes_view().first(1).empty());
}

TEST(bytes_view, compares_bytes) {
    EXPECT_EQ(bytes_view("same"), bytes_view(std::string("same")));
    EXPECT_FALSE(bytes_view("same") == bytes_view("some"));
    EXPECT_FALSE(bytes_view("same") == bytes_view("sam"));
    EXPECT_EQ(bytes_view(), bytes_view(""));
}

TEST(buffer, owns_its_bytes) {
    std::string text = "hello";
    buffer copy = buffer::copy_of(text);
    text[0] = 'j';
    EXPECT_EQ(copy.text(), "hello");
    EXPECT_FALSE(copy.is_lease());
    copy.remove_prefix(1);
    copy.truncate(3);
    EXPECT_EQ(copy.text(), "ell");
    buffer moved = std::move(copy);
    EXPECT_EQ(moved.text(), "ell");
    EXPECT_TRUE(moved);
    EXPECT_FALSE(copy);
    EXPECT_FALSE(buffer());
    EXPECT_FALSE(buffer::copy_of(""));
    static_assert(!std::is_copy_constructible_v<buffer>);
}

TEST(buffer, a_lease_goes_back_once_with_the_address_it_was_made_with) {
    counting_source source;
    std::array<std::byte, 8> ring{};
    {
        buffer lease(ring.data(), ring.size(), source);
        EXPECT_TRUE(lease.is_lease());
        lease.remove_prefix(3);
        EXPECT_EQ(lease.data(), ring.data() + 3);
        buffer other = std::move(lease);
        EXPECT_TRUE(source.returned.empty());
    }
    EXPECT_EQ(source.returned, std::vector<std::byte*>{ring.data()});
}

TEST(buffer, assignment_and_release_end_the_old_lease) {
    counting_source source;
    std::array<std::byte, 2> ring{};
    buffer lease(&ring[0], 1, source);
    lease = buffer(&ring[1], 1, source);
    EXPECT_EQ(source.returned.size(), 1U);
    buffer& same = lease;
    lease = std::move(same);
    EXPECT_EQ(source.returned.size(), 1U);
    lease.release();
    lease.release();
    EXPECT_EQ(source.returned, (std::vector<std::byte*>{&ring[0], &ring[1]}));
    EXPECT_TRUE(lease.empty());
}

TEST(buffer, to_owned_copies_a_lease_and_moves_an_owner) {
    counting_source source;
    std::string ring = "leased";
    buffer lease(reinterpret_cast<std::byte*>(ring.data()), ring.size(), source);
    lease.remove_prefix(1);
    buffer own = std::move(lease).to_owned();
    EXPECT_EQ(source.returned.size(), 1U);
    EXPECT_FALSE(own.is_lease());
    EXPECT_EQ(own.text(), "eased");
    const std::byte* place = own.data();
    buffer still = std::move(own).to_owned();
    EXPECT_EQ(still.data(), place);
}

TEST(shared_bytes, copies_share_one_block) {
    shared_bytes a("message");
    shared_bytes b = a;
    EXPECT_EQ(a.data(), b.data());
    a = shared_bytes();
    EXPECT_TRUE(a.empty());
    EXPECT_EQ(b.view().text(), "message");
    shared_bytes c = std::move(b);
    EXPECT_EQ(b.data(), nullptr);
    shared_bytes& same = c;
    c = same;
    EXPECT_EQ(c.view().text(), "message");
    EXPECT_EQ(shared_bytes("").data(), nullptr);
}

TEST(shared_bytes, owners_on_many_threads) {
    std::vector<std::jthread> threads;
    shared_bytes message("to everybody");
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([message] {
            for (int n = 0; n < 10'000; ++n) {
                shared_bytes mine = message;
                ASSERT_EQ(mine.size(), 12U);
            }
        });
    }
    message = shared_bytes();
}

}  // namespace
}  // namespace sockeye
