#include "sockeye/protocols/http/ranges.hpp"

#include <gtest/gtest.h>

namespace sockeye::http {
namespace {

// "200", "416", or the parts.
std::string selected(std::string_view range, std::uint64_t size) {
    range_selection selection = select_ranges(range, size);
    if (selection.answer == range_answer::whole) return "200";
    if (selection.answer == range_answer::unsatisfiable) return "416";
    std::string text;
    for (byte_range part : selection.parts)
        text += std::to_string(part.first) + "-" + std::to_string(part.last) + " ";
    return text;
}

TEST(ranges, selects_as_rfc_9110_section_14_1_2_says) {
    EXPECT_EQ(selected("bytes=0-499", 10000), "0-499 ");
    EXPECT_EQ(selected("bytes=500-999", 10000), "500-999 ");
    EXPECT_EQ(selected("bytes=-500", 10000), "9500-9999 ");
    EXPECT_EQ(selected("bytes=9500-", 10000), "9500-9999 ");
    EXPECT_EQ(selected("bytes=0-0,-1", 10000), "0-0 9999-9999 ");
    EXPECT_EQ(selected("bytes= 0-0 ,\t2-2", 10), "0-0 2-2 ");
    EXPECT_EQ(selected("Bytes=1-1", 10), "1-1 ");
}

TEST(ranges, cuts_at_the_end_and_merges_what_overlaps) {
    EXPECT_EQ(selected("bytes=5-99", 10), "5-9 ");
    EXPECT_EQ(selected("bytes=-99", 10), "0-9 ");
    EXPECT_EQ(selected("bytes=5-99999999999999999999999", 10), "5-9 ");
    EXPECT_EQ(selected("bytes=-99999999999999999999999", 10), "0-9 ");
    EXPECT_EQ(selected("bytes=4-6,0-1,2-3,5-8", 10), "0-8 ");
    EXPECT_EQ(selected("bytes=0-,-1,3-4", 10), "0-9 ");
    EXPECT_EQ(selected("bytes=20-,3-4", 10), "3-4 ");
}

TEST(ranges, tells_unsatisfiable_from_malformed) {
    EXPECT_EQ(selected("bytes=10-", 10), "416");
    EXPECT_EQ(selected("bytes=10-20,30-", 10), "416");
    EXPECT_EQ(selected("bytes=-0", 10), "416");
    EXPECT_EQ(selected("bytes=0-", 0), "416");
    EXPECT_EQ(selected("bytes=-5", 0), "416");
    EXPECT_EQ(selected("bytes=99999999999999999999999-", 10), "416");
    for (const char* malformed :
         {"", "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2,", "bytes=1--2",
          "bytes=+1-2", "bytes=1 -2", "bytes=1", "lines=1-2", "bytes=0x1-2", "bytes=1-2;3-4"})
        EXPECT_EQ(selected(malformed, 10), "200") << malformed;
}

TEST(ranges, gives_the_whole_for_more_ranges_than_anyone_needs) {
    std::string thousand = "bytes=0-0";
    for (int i = 1; i < 1000; ++i)
        thousand += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
    EXPECT_EQ(selected(thousand, 10000), "200");
    std::string sixteen = "bytes=0-0";
    for (int i = 1; i < 16; ++i) sixteen += ",0-0";
    EXPECT_EQ(selected(sixteen, 10), "0-0 ");
    EXPECT_EQ(selected(sixteen + ",0-0", 10), "200");
}

TEST(ranges, writes_content_range) {
    EXPECT_EQ(content_range({0, 499}, 1234), "bytes 0-499/1234");
    EXPECT_EQ(unsatisfied_range(1234), "bytes */1234");
    EXPECT_EQ((byte_range{5, 5}).size(), 1u);
}

}  // namespace
}  // namespace sockeye::http
