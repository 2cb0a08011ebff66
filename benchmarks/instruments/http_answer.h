// Just enough of HTTP/1.1 answers for the publishing loads: status, Content-Length, the id.
// Whoever includes it defines _GNU_SOURCE first, for memmem.
#pragma once

#include <stdint.h>
#include <strings.h>

#include "failure.h"

struct http_answer {
    int status;
    size_t size;  // of the head and the body
    const char* body;
    size_t body_size;
};

static inline const char* find_header(const char* head, size_t size, const char* name) {
    size_t name_size = strlen(name);
    for (size_t i = 0; i + name_size < size; ++i) {
        if (head[i] == '\n' && !strncasecmp(head + i + 1, name, name_size)) {
            return head + i + 1 + name_size;
        }
    }
    return NULL;
}

// 0 when `size` bytes at `data` hold no whole answer yet; ends the program when it has no length.
// `data` ends with a zero byte.
static inline int parse_answer(const char* data, size_t size, struct http_answer* answer) {
    const char* end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) return 0;
    size_t head = (size_t)(end - data) + 4;
    if (size < 12 || strncmp(data, "HTTP/1.1 ", 9)) fail("not an HTTP/1.1 answer: %.40s", data);
    answer->status = atoi(data + 9);
    const char* length = find_header(data, head, "content-length:");
    if (!length) fail("an answer without Content-Length");
    answer->body = data + head;
    answer->body_size = (size_t)strtoull(length, NULL, 10);
    answer->size = head + answer->body_size;
    return size >= answer->size;
}

// The event's id in an answer to a publication; ends the program unless it is 200 with an id.
static inline int64_t answered_id(const struct http_answer* answer) {
    if (answer->status != 200) {
        fail("answer %d: %.*s", answer->status, (int)answer->body_size, answer->body);
    }
    const char* id = memmem(answer->body, answer->body_size, "\"id\":", 5);
    if (!id) fail("no id in %.*s", (int)answer->body_size, answer->body);
    char* end;
    int64_t value = strtoll(id + 5, &end, 10);
    if (end == id + 5 || value < 1) fail("no number in %.*s", (int)answer->body_size, answer->body);
    return value;
}
