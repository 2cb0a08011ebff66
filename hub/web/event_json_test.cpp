#include "hub/web/event_json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace sockeye::hub {
namespace {

using std::chrono::milliseconds;

std::string json_of(const event& what) {
    std::string out;
    append_event(out, what);
    return out;
}

event kitchen() {
    event what;
    what.id = 7;
    what.topic = "home/kitchen";
    what.content_type = "text/plain";
    what.payload = shared_bytes("21.5");
    what.time = event_time(milliseconds(1'700'000'000'042));
    return what;
}

TEST(event_json_test, what_every_event_has) {
    EXPECT_EQ(json_of(kitchen()),
              R"({"id":7,"topic":"home/kitchen","time":"2023-11-14T22:13:20.042Z",)"
              R"("content_type":"text/plain","payload":"21.5"})");
}

TEST(event_json_test, what_only_some_have) {
    event what = kitchen();
    what.retained = retain::yes;
    what.expires = what.time + milliseconds(958);
    what.sender = "me";
    what.file = file_reference{"a \"b\"", "00ff", 12, file_reference::change::removed};
    const auto parsed = nlohmann::json::parse(json_of(what));
    EXPECT_EQ(parsed["retain"], true);
    EXPECT_EQ(parsed["expires"], "2023-11-14T22:13:21.000Z");
    EXPECT_EQ(parsed["sender"], "me");
    EXPECT_EQ(parsed["file"]["path"], "a \"b\"");
    EXPECT_EQ(parsed["file"]["size"], 12);
    EXPECT_EQ(parsed["file"]["change"], "removed");
}

// RFC 8259 section 7: every text comes back, on one line.
TEST(event_json_test, texts_come_back) {
    std::string all;
    for (char c = 0; c != 127; ++c) all += c;
    for (const std::string& text :
         {all, std::string("\x7f\n\r\t\"\\/"), std::string("w\u00e4rm \u2028 \U0001f41f"),
          std::string("</script>"), std::string("\0x", 2), std::string()}) {
        std::string json;
        append_json_string(json, text);
        EXPECT_EQ(json.find_first_of(std::string_view("\n\r\0", 3)), json.npos) << json;
        EXPECT_EQ(nlohmann::json::parse(json).get<std::string>(), text);
    }
}

// RFC 4648 section 10.
TEST(event_json_test, base64) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, coded] : vectors) {
        std::string out;
        append_base64(out, bytes_view(plain));
        EXPECT_EQ(out, coded);
    }
}

TEST(event_json_test, bytes_that_are_no_text) {
    event what = kitchen();
    what.payload = shared_bytes(bytes_view("\xff\xfe\x00\x01", 4));
    const auto parsed = nlohmann::json::parse(json_of(what));
    EXPECT_EQ(parsed["payload"], "//4AAQ==");
    EXPECT_EQ(parsed["encoding"], "base64");
}

}  // namespace
}  // namespace sockeye::hub
