#include "sockeye/protocols/http/conditional.hpp"

#include <gtest/gtest.h>

namespace sockeye::http {
namespace {

// A list of fields with a text of its own.
class fields {
  public:
    fields(std::initializer_list<header> headers) {
        for (header h : headers) {
            list_.add(text_.size(), h.name.size(), text_.size() + h.name.size(), h.value.size());
            text_.append(h.name).append(h.value);
        }
        list_.set_text(text_.data());
    }
    fields(const fields&) = delete;
    fields& operator=(const fields&) = delete;
    const header_list& list() const { return list_; }

  private:
    std::string text_;
    header_list list_;
};

constexpr date changed{std::chrono::seconds(784111777)};  // 06 Nov 1994 08:49:37
constexpr date now = changed + std::chrono::hours(24);
constexpr const char* at = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr const char* before = "Sun, 06 Nov 1994 08:49:36 GMT";
constexpr validators current{true, "\"a,b\"", changed};
constexpr validators weak{true, "W/\"a\"", changed};
constexpr validators absent{false, {}, {}};

precondition evaluated(std::initializer_list<header> headers, const validators& v = current,
                       method m = method::get) {
    return evaluate_preconditions(m, fields(headers).list(), v, now);
}

TEST(conditional, parses_entity_tags) {
    EXPECT_EQ(entity_tag::parse("\"x\"")->opaque, "\"x\"");
    EXPECT_TRUE(entity_tag::parse("W/\"\"")->is_weak);
    for (const char* bad : {"", "x", "\"x", "w/\"x\"", "\"x\" ", "\"x y\"", "\"x\"y", "W/"})
        EXPECT_FALSE(entity_tag::parse(bad)) << bad;
}

TEST(conditional, if_match_is_strong) {  // RFC 9110 section 13.1.1
    EXPECT_EQ(evaluated({{"If-Match", "\"a,b\""}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Match", "\"x\" , \"a,b\""}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Match", "\"x\""}, {"if-match", "\"a,b\""}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Match", "*"}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Match", "\"a\""}}), precondition::failed);
    EXPECT_EQ(evaluated({{"If-Match", "W/\"a\""}}, weak), precondition::failed);
    EXPECT_EQ(evaluated({{"If-Match", "*"}}, absent, method::put), precondition::failed);
    EXPECT_EQ(evaluated({{"If-Match", "nonsense"}}), precondition::failed);
}

TEST(conditional, if_none_match_is_weak) {  // section 13.1.2
    EXPECT_EQ(evaluated({{"If-None-Match", "\"a,b\""}}), precondition::not_modified);
    EXPECT_EQ(evaluated({{"If-None-Match", "\"a\""}}, weak), precondition::not_modified);
    EXPECT_EQ(evaluated({{"If-None-Match", "\"x\""}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-None-Match", "*"}}, current, method::put), precondition::failed);
    EXPECT_EQ(evaluated({{"If-None-Match", "*"}}, absent, method::put), precondition::holds);
    // It goes before If-Modified-Since, section 13.2.2 step 3.
    EXPECT_EQ(evaluated({{"If-None-Match", "\"x\""}, {"If-Modified-Since", at}}),
              precondition::holds);
}

TEST(conditional, compares_dates) {  // sections 13.1.3 and 13.1.4
    EXPECT_EQ(evaluated({{"If-Modified-Since", at}}), precondition::not_modified);
    EXPECT_EQ(evaluated({{"If-Modified-Since", before}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Modified-Since", "yesterday"}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Modified-Since", at}}, current, method::post), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Unmodified-Since", at}}), precondition::holds);
    EXPECT_EQ(evaluated({{"If-Unmodified-Since", before}}), precondition::failed);
    EXPECT_EQ(evaluated({{"If-Unmodified-Since", before}, {"If-Match", "*"}}), precondition::holds);
    EXPECT_EQ(evaluated({}), precondition::holds);
}

TEST(conditional, if_range_wants_certainty) {  // section 13.1.5
    auto holds = [](const char* value, const validators& v, date at_time = now) {
        return if_range_holds(fields({{"If-Range", value}}).list(), v, at_time);
    };
    EXPECT_TRUE(if_range_holds(header_list(), current, now));
    EXPECT_TRUE(holds("\"a,b\"", current));
    EXPECT_FALSE(holds("\"x\"", current));
    EXPECT_FALSE(holds("W/\"a\"", weak));
    EXPECT_TRUE(holds(at, current));
    EXPECT_FALSE(holds(before, current));
    EXPECT_FALSE(holds(at, current, changed));
    EXPECT_FALSE(holds("nonsense", current));
}

}  // namespace
}  // namespace sockeye::http
