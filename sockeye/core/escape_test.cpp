#include "sockeye/core/escape.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

using namespace std::string_literals;

TEST(escape, shows_control_characters_and_keeps_the_rest) {
    EXPECT_EQ(escape("plain text, grüße"), "plain text, grüße");
    EXPECT_EQ(escape("a\0b\n\x1b[31m\x7f\\"s), "a\\x00b\\x0a\\x1b[31m\\x7f\\x5c");
}

TEST(escape, comes_back) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    EXPECT_EQ(unescape(escape(all)), all);
    EXPECT_EQ(unescape("\\x4A\\x4a"), "JJ");
}

TEST(escape, refuses_a_broken_escape) {
    for (const char* text : {"\\", "a\\", "\\x", "\\x4", "\\xg0", "\\x0g", "\\n", "\\\\"})
        EXPECT_FALSE(unescape(text)) << text;
    EXPECT_EQ(unescape("ab\\n").error().position, 2U);
}

TEST(parse_error, cuts_long_texts_and_shows_controls) {
    parse_error wrong{"host", "too long", 7};
    EXPECT_EQ(wrong.in("\x1b]0;"), "bad host in \"\\x1b]0;\" at byte 7: too long");
    std::string shown = wrong.in(std::string(10'000, 'x'));
    EXPECT_LT(shown.size(), 200U);
    EXPECT_NE(shown.find("...\""), std::string::npos);
    EXPECT_EQ(wrong.shifted(3).position, 10U);
}

}  // namespace
}  // namespace sockeye
