#include "hub/web/file_listing_text.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sockeye::hub {
namespace {

file_listing listing() {
    file_listing found;
    file_entry file;
    file.info.path = "dir/<b>&\"x\" \u00e4";
    file.info.hash = "0f";
    file.info.size = 5;
    file.info.event_id = 9;
    file_entry folder;
    folder.kind = file_entry::type::directory;
    folder.info.path = "dir/sub";
    found.entries = {file, folder};
    found.next = std::string("dir/sub0\0", 9);
    return found;
}

TEST(file_listing_text_test, json) {
    const auto parsed = nlohmann::json::parse(listing_as_json("dir", listing()));
    EXPECT_EQ(parsed["path"], "dir");
    EXPECT_EQ(parsed["entries"][0]["path"], "dir/<b>&\"x\" \u00e4");
    EXPECT_EQ(parsed["entries"][0]["id"], 9);
    EXPECT_EQ(parsed["entries"][1]["type"], "directory");
    EXPECT_EQ(parsed["next"], std::string("dir/sub0\0", 9));
    EXPECT_FALSE(nlohmann::json::parse(listing_as_json("", {})).contains("next"));
}

TEST(file_listing_text_test, names_are_no_markup) {
    const std::string page = listing_as_page("dir", listing());
    EXPECT_EQ(page.find("<b>"), page.npos);
    EXPECT_NE(page.find("&lt;b&gt;&amp;&quot;x&quot; \u00e4"), page.npos);
    EXPECT_NE(page.find("href=\"/files/dir/%3Cb%3E"), page.npos);
    EXPECT_NE(page.find("href=\"/files/dir/sub/\""), page.npos);
    EXPECT_NE(page.find("?after=dir%2Fsub0%00"), page.npos);
    EXPECT_EQ(page.find("<script"), page.npos);
}

}  // namespace
}  // namespace sockeye::hub
