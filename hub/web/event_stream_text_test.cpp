#include "hub/web/event_stream_text.hpp"

#include <gtest/gtest.h>

#include "sockeye/protocols/sse/sse.hpp"

namespace sockeye::hub {
namespace {

event lines() {
    event what;
    what.id = 12;
    what.topic = "a";
    what.payload = shared_bytes("one\ntwo\n\nid: 99\n");
    return what;
}

// What a reader makes of a text: "id|type|data" of each event, and its id at the end.
std::string read(const std::string& text) {
    sse::decoder reader;
    bytes_view input(text);
    std::string found;
    for (;;) {
        const auto next = reader.next(input);
        if (!next || !*next) break;
        found += (*next)->id + '|' + (*next)->type + '|' + (*next)->data + '\n';
    }
    return found + reader.last_event_id();
}

TEST(event_stream_text_test, an_event_whatever_its_payload) {
    std::string text;
    append_stream_event(text, lines());
    EXPECT_EQ(read(text), R"(12|message|{"id":12,"topic":"a","time":"1970-01-01T00:00:00.000Z",)"
                          R"("content_type":"","payload":"one\ntwo\n\nid: 99\n"})"
                          "\n12");
}

TEST(event_stream_text_test, a_retained_event_does_not_move_the_reader) {
    std::string text;
    append_stream_position(text, 3);
    append_stream_event(text, lines(), stream_place::retained);
    EXPECT_TRUE(read(text).starts_with("3|message|{\"id\":12,"));
    EXPECT_TRUE(read(text).ends_with("\n3"));
}

TEST(event_stream_text_test, a_position_is_no_event) {
    std::string text;
    append_stream_position(text, 40);
    EXPECT_EQ(read(text), "40");
}

TEST(event_stream_text_test, a_gap) {
    std::string text;
    append_stream_gap(text, 3, 9);
    EXPECT_EQ(read(text), "|gap|{\"since\":3,\"pruned_up_to\":9}\n");
}

TEST(event_stream_text_test, chunks) {
    EXPECT_EQ(as_chunk("0123456789abcdefg"), "11\r\n0123456789abcdefg\r\n");
}

}  // namespace
}  // namespace sockeye::hub
