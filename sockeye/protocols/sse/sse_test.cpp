#include "sockeye/protocols/sse/sse.hpp"

#include <gtest/gtest.h>

namespace sockeye::sse {
namespace {

std::string encoded(const outgoing_event& event) {
    auto bytes = encode(event);
    return bytes ? std::string(bytes->view().text()) : bytes.error().why;
}

// "id|type|data;" for each event.
std::string decoded(std::string_view stream, std::size_t piece, decoder_limits limits = {}) {
    decoder reader(limits);
    std::string text;
    for (std::size_t at = 0; at < stream.size(); at += piece) {
        bytes_view input(stream.substr(at, piece));
        for (;;) {
            auto event = reader.next(input);
            if (!event) return text + "refused";
            if (!*event) break;
            text += (*event)->id + "|" + (*event)->type + "|" + (*event)->data + ";";
        }
    }
    return text;
}

TEST(sse, encodes_an_event) {
    EXPECT_EQ(encoded({.data = "hello"}), "data: hello\n\n");
    EXPECT_EQ(encoded({.data = ""}), "data: \n\n");
    EXPECT_EQ(encoded({.data = "a\nb\r\nc\rd\n"}),
              "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
    EXPECT_EQ(encoded({.data = "x", .id = "7", .type = "gap", .retry_ms = 1500}),
              "id: 7\nevent: gap\nretry: 1500\ndata: x\n\n");
    EXPECT_EQ(encoded({.data = "x", .id = ""}), "id: \ndata: x\n\n");
    EXPECT_EQ(encode_comment("").view().text(), ": \n\n");
    EXPECT_EQ(encode_comment("a\ndata: b").view().text(), ": a\n: data: b\n\n");
}

TEST(sse, refuses_what_would_read_as_another_field) {
    EXPECT_EQ(encoded({.data = "x", .id = "1\ndata: y"}), "a line break or NUL");
    EXPECT_EQ(encoded({.data = "x", .id = std::string_view("1\0", 2)}), "a line break or NUL");
    EXPECT_EQ(encoded({.data = "x", .type = "a\rb"}), "a line break");
}

TEST(sse, decodes_as_the_standard_says_however_it_is_cut) {
    struct example {
        std::string stream, events;
    };
    const example examples[] = {
        {"data: YHOO\ndata: +2\ndata: 10\n\n", "|message|YHOO\n+2\n10;"},
        {": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"
         "data:  third event\n\n",
         "1|message|first event;|message|second event;|message| third event;"},
        {"data\n\ndata\ndata\n\ndata:", "|message|;|message|\n;"},
        {"event: add\r\ndata: 7\r\n\r\nevent: add\rdata: 8\r\r", "|add|7;|add|8;"},
        {"\xef\xbb\xbf"
         "data: x\n\n\xef\xbb\xbf"
         "data: y\n\n",
         "|message|x;"},
        {std::string("id: a\0b\ndata: x\n\n", 17), "|message|x;"},
        {"event: lost\n\ndata: x\n\n", "|message|x;"},
        {"unknown: x\nDATA: y\ndata: z\n\n", "|message|z;"},
        {"id: 5\ndata: x\n\ndata: y\n\n", "5|message|x;5|message|y;"},
    };
    for (const example& e : examples) {
        for (std::size_t piece : {1, 2, 3, 1000})
            EXPECT_EQ(decoded(e.stream, piece), e.events) << e.stream << " by " << piece;
    }
}

TEST(sse, keeps_the_id_and_the_time_for_a_reconnection) {
    decoder reader;
    bytes_view input("id: 9\nretry: 250\nretry: 1s\n\n");
    ASSERT_EQ(*reader.next(input), nullptr);
    EXPECT_EQ(reader.last_event_id(), "9");
    EXPECT_EQ(reader.retry_ms(), 250u);
}

TEST(sse, bounds_lines_and_events) {
    decoder_limits limits{.max_line = 10, .max_event = 8};
    EXPECT_EQ(decoded("data: 1234\n\n", 1, limits), "|message|1234;");
    EXPECT_EQ(decoded("data: 12345\n\n", 1, limits), "refused");
    EXPECT_EQ(decoded("data: 12345\n\n", 100, limits), "refused");
    EXPECT_EQ(decoded("data: 123\ndata: 123\n\n", 1, limits), "|message|123\n123;");
    EXPECT_EQ(decoded("data: 123\ndata: 1234\n\n", 1, limits), "refused");
}

}  // namespace
}  // namespace sockeye::sse
