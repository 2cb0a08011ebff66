#include "sockeye/protocols/http/http_date.hpp"

#include <gtest/gtest.h>

namespace sockeye::http {
namespace {

constexpr date example{std::chrono::seconds(784111777)};
constexpr date now{std::chrono::seconds(1700000000)};  // 2023

TEST(http_date, reads_the_three_forms_of_rfc_9110_section_5_6_7) {
    EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT", now), example);
    EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), example);
    EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994", now), example);
    EXPECT_EQ(parse_date("Sat Nov 26 08:49:37 1994", now), example + std::chrono::hours(20 * 24));
}

TEST(http_date, puts_two_digit_years_at_most_50_years_ahead) {
    auto year_of = [](const char* text) {
        auto day = std::chrono::floor<std::chrono::days>(*parse_date(text, now));
        return int(std::chrono::year_month_day(day).year());
    };
    EXPECT_EQ(year_of("Sunday, 06-Nov-73 08:49:37 GMT"), 2073);
    EXPECT_EQ(year_of("Sunday, 06-Nov-74 08:49:37 GMT"), 1974);
}

TEST(http_date, writes_what_it_reads) {
    EXPECT_EQ(format_date(example), "Sun, 06 Nov 1994 08:49:37 GMT");
    for (long seconds : {0L, 951782400L, 1709164800L, 4102444799L, -1L, 253402300799L}) {
        date time{std::chrono::seconds(seconds)};
        EXPECT_EQ(parse_date(format_date(time), now), time) << seconds;
    }
    EXPECT_TRUE(format_date(date::max()).contains(" 9999 "));
    EXPECT_TRUE(format_date(date::min()).contains(" 0000 "));
}

TEST(http_date, refuses_everything_else) {
    for (const char* bad :
         {"", "Sun", "Sun, ", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37",
          "Sun, 06 Nov 1994 08:49:37 UTC", "Sun, 06 nov 1994 08:49:37 GMT",
          "Sun, 06 ovD 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
          "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sol, 06 Nov 1994 08:49:37 GMT",
          "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "784111777",
          "Sun, -6 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT"})
        EXPECT_FALSE(parse_date(bad, now)) << bad;
}

}  // namespace
}  // namespace sockeye::http
