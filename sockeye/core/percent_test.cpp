#include "sockeye/core/percent.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

TEST(percent, encodes_all_but_the_kept_characters) {
    EXPECT_EQ(percent_encode("a b/c?d"), "a%20b%2Fc%3Fd");
    EXPECT_EQ(percent_encode("a b/c?d", percent_keep::path), "a%20b/c%3Fd");
    EXPECT_EQ(percent_encode("-._~AZaz09"), "-._~AZaz09");
    EXPECT_EQ(percent_encode("grüße"), "gr%C3%BC%C3%9Fe");
}

TEST(percent, decodes_any_bytes) {
    EXPECT_EQ(percent_decode("%00%2f%FF+"), std::string("\0/\xff+", 4));
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(percent_decode(percent_encode(all)), all);
    EXPECT_EQ(percent_decode(percent_encode(all, percent_keep::path)), all);
}

TEST(percent, refuses_broken_encoding_and_says_where) {
    for (const char* text : {"%", "ab%", "ab%4", "ab%g0", "ab%0g", "%%41"})
        EXPECT_FALSE(percent_decode(text)) << text;
    EXPECT_EQ(percent_decode("ab%4").error().position, 2U);
}

}  // namespace
}  // namespace sockeye
