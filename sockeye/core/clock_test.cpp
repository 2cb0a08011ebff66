#include "sockeye/core/clock.hpp"

#include <gtest/gtest.h>

namespace sockeye {
namespace {

using namespace std::chrono_literals;

TEST(clock, reads_durations_as_people_write_them) {
    EXPECT_EQ(parse_duration("5s"), duration(5s));
    EXPECT_EQ(parse_duration("250ms"), duration(250ms));
    EXPECT_EQ(parse_duration("1.5h"), duration(90min));
    EXPECT_EQ(parse_duration("2m30s"), duration(150s));
    EXPECT_EQ(parse_duration("1d1h1m1s1ms1us1ns"), duration(25h + 61s + 1ms + 1us + 1ns));
    EXPECT_EQ(parse_duration("0.000001s"), duration(1us));
    EXPECT_EQ(parse_duration("0.1d"), duration(8640s));
    EXPECT_EQ(parse_duration("0.5ns"), duration(0));
    EXPECT_EQ(parse_duration("0"), duration(0));
    EXPECT_EQ(parse_duration("9223372036854775807ns"), duration::max());
}

TEST(clock, refuses_other_texts_with_place_and_reason) {
    auto why = [](std::string_view text) {
        auto parsed = parse_duration(text);
        return parsed ? "accepted" : parsed.error().in(text);
    };
    EXPECT_EQ(why("5"),
              "bad unit in \"5\" at byte 1: expected d, h, m, s, ms, us or ns, the "
              "larger first");
    EXPECT_EQ(why("1s2"),
              "bad unit in \"1s2\" at byte 3: expected d, h, m, s, ms, us or ns, the "
              "larger first");
    EXPECT_EQ(why("-1s"), "bad duration in \"-1s\" at byte 0: expected a number, as in 250ms");
    for (const char* text : {"", "s", "1 s", " 1s", "1s ", "1s1m", "1s1s", "1.s", ".5s", "1.5m3s",
                             "1e3s", "300y", "107000d", "9223372036854775808ns",
                             "9223372036s1000000000ms", "99999999999999999999999s"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(clock, writes_what_it_reads) {
    for (const char* text : {"0s", "5s", "250ms", "1.5s", "2m30s", "1d", "1h250ms", "1h1.25s",
                             "1us", "999ns", "1.000000001s", "106751d23h47m16.854775807s"}) {
        EXPECT_EQ(format_duration(parse_duration(text).value()), text);
    }
    EXPECT_EQ(format_duration(-1500ms), "-1.5s");
    EXPECT_EQ(format_duration(duration::min()), "-106751d23h47m16.854775808s");
}

TEST(clock, deadlines_do_not_overflow) {
    time_point now(5s);
    EXPECT_EQ(deadline_after(now, 1s), time_point(6s));
    EXPECT_EQ(deadline_after(now, duration::max()), time_point::max());
    EXPECT_EQ(deadline_after(now, -1s), now);
}

}  // namespace
}  // namespace sockeye
