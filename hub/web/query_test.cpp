#include "hub/web/query.hpp"

#include <cstdint>
#include <gtest/gtest.h>

namespace sockeye::hub {
namespace {

using values = std::vector<std::string>;

TEST(query_test, every_value_of_a_name_in_order) {
    EXPECT_EQ(parameters("topic=a%2F%23&since=4&topic=b/+", "topic"), (values{"a/#", "b/+"}));
    EXPECT_EQ(parameters("topic=a&since=4", "since"), values{"4"});
    EXPECT_EQ(parameters("topic=a", "limit"), values());
    EXPECT_EQ(parameters("", "topic"), values());
}

TEST(query_test, odd_pairs) {
    EXPECT_EQ(parameters("a&a=&a=b=c&&aa=1", "a"), (values{"", "", "b=c"}));
}

TEST(query_test, bad_encoding_is_told) {
    EXPECT_FALSE(parameters("topic=%zz", "topic"));
    EXPECT_FALSE(parameters("topic=%2", "topic"));
    EXPECT_TRUE(parameters("other=%zz", "topic"));  // nobody asked for it
}

TEST(query_test, whole_numbers) {
    EXPECT_EQ(whole_number<std::int64_t>("0"), 0);
    EXPECT_EQ(whole_number<std::int64_t>("9223372036854775807"), INT64_MAX);
    for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "x"})
        EXPECT_EQ(whole_number<std::int64_t>(text), std::nullopt) << text;
}

}  // namespace
}  // namespace sockeye::hub
