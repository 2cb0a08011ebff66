#include "sockeye/protocols/http/media_type.hpp"

#include <gtest/gtest.h>

namespace sockeye::http {
namespace {

int quality(std::string_view accept, std::string_view offer) {
    return accept_quality(accept, *media_type::parse(offer));
}

TEST(media_type, has_parts) {
    auto type = media_type::parse("Text/HTML ; Charset=\"utf-8\"; a=\"x\\\"; y\";b=c");
    ASSERT_TRUE(type);
    EXPECT_EQ(type->type(), "Text");
    EXPECT_EQ(type->subtype(), "HTML");
    EXPECT_TRUE(type->is("text/html"));
    EXPECT_FALSE(type->is("text/htm"));
    EXPECT_EQ(type->parameter("charset"), "utf-8");
    EXPECT_EQ(type->parameter("a"), "x\"; y");
    EXPECT_EQ(type->parameter("b"), "c");
    EXPECT_EQ(type->parameter("d"), std::nullopt);
    EXPECT_TRUE(media_type::parse("text/plain;"));
}

TEST(media_type, refuses_what_is_none) {
    for (const char* bad :
         {"", "text", "text/", "/plain", "text/pl ain", "text /plain", "a/b/c", "a/b;c",
          "a/b;c=", "a/b;c= d", "a/b;c=\"d", "a/b;c=\"d\"e", "a/b;=c", "a/b\n", "a/b;c=\"\\"})
        EXPECT_FALSE(media_type::parse(bad)) << bad;
}

TEST(media_type, weighs_as_rfc_9110_section_12_5_1_says) {
    constexpr std::string_view accept =
        "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, "
        "*/*;q=0.5";
    EXPECT_EQ(quality(accept, "text/plain;format=flowed"), 1000);
    EXPECT_EQ(quality(accept, "text/plain"), 700);
    EXPECT_EQ(quality(accept, "text/html"), 300);
    EXPECT_EQ(quality(accept, "image/jpeg"), 500);
    EXPECT_EQ(quality(accept, "text/plain;format=fixed"), 400);
    EXPECT_EQ(quality("text/html", "text/plain"), 0);
    EXPECT_EQ(quality("text/html;q=0, */*", "text/html"), 0);
    EXPECT_EQ(quality("TEXT/HTML;Q=0.125", "text/html"), 125);
    for (const char* bad : {"a/b;q=2", "a/b;q=1.001", "a/b;q=0.1234", "a/b;q=-1", "a/b;q=.5",
                            "a/b;q=0,5", "a/b;q=0x1"})
        EXPECT_EQ(quality(bad, "a/b"), 0) << bad;
}

TEST(media_type, chooses) {
    constexpr std::string_view offers[] = {"application/json", "text/html", "text/event-stream"};
    EXPECT_EQ(choose_media_type("", offers), 0u);
    EXPECT_EQ(choose_media_type("*/*", offers), 0u);
    EXPECT_EQ(choose_media_type("text/event-stream", offers), 2u);
    EXPECT_EQ(choose_media_type("text/html,application/xml;q=0.9,*/*;q=0.8", offers), 1u);
    EXPECT_EQ(choose_media_type("image/png", offers), std::nullopt);
    EXPECT_EQ(choose_media_type("*/*;q=0", offers), std::nullopt);
    EXPECT_EQ(choose_media_type("garbage, text/*", offers), 1u);
    EXPECT_EQ(choose_media_type("", {}), std::nullopt);
}

}  // namespace
}  // namespace sockeye::http
