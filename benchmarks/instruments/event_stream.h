// An event stream (server-sent events) as the readers' load takes it: HTTP head, chunks, lines.
// It looks at `id:` and at the mark in `data:` only, with memchr, since it must be cheap.
#pragma once

#include <stdint.h>

#include "failure.h"

// A marked payload: sign, publisher (2 digits), number (12), due time in ns (20), semicolon.
enum {
    event_mark_sign = '@',
    event_mark_size = 36,
    longest_kept = 1 << 18,  // an unfinished line and what is before it in its event
    longest_head = 8192
};

struct event_mark {
    unsigned publisher;
    uint64_t number, due_ns;
};

enum stream_state { stream_head, stream_plain, stream_chunk_size, stream_chunk, stream_chunk_end };

struct event_stream {
    enum stream_state state;
    uint64_t chunk_left;
    // Bytes that wait for more: raw ones of a head or chunk size, or those of an unfinished line.
    char* kept;
    size_t kept_size, kept_room;
    size_t clean;  // of the kept ones, how many are already without chunk framing
    int64_t id;
    int has_mark, probed;
    struct event_mark mark;
};

typedef void on_stream_event(void* context, struct event_stream* stream);

static inline uint64_t parse_digits(const char* text, int count) {
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value * 10 + (uint64_t)(text[i] - '0');
    return value;
}

// Copies what was kept to `block`; the next bytes are read behind it. Returns how much it was.
static inline size_t event_stream_restore(const struct event_stream* stream, char* block) {
    memcpy(block, stream->kept, stream->kept_size);
    return stream->kept_size;
}

static inline void event_stream_keep(struct event_stream* stream, const char* data, size_t size,
                                     size_t clean) {
    if (size > longest_kept) fail("a line of the event stream has no end");
    if (size > stream->kept_room) {
        stream->kept_room = size * 2;
        stream->kept = realloc(stream->kept, stream->kept_room);
        if (!stream->kept) fail("realloc: out of memory");
    }
    memcpy(stream->kept, data, size);
    stream->kept_size = size;
    stream->clean = clean;
}

// Returns the size of the head, 0 when it is not whole.
static inline size_t take_stream_head(struct event_stream* stream, const char* data, size_t size) {
    const char* end = memmem(data, size, "\r\n\r\n", 4);
    if (!end) {
        if (size > longest_head) fail("the head of an event stream has no end");
        return 0;
    }
    size_t head = (size_t)(end - data) + 4;
    if (strncmp(data, "HTTP/1.1 200", 12)) fail("an event stream answers %.40s", data);
    int chunked = memmem(data, head, "chunked", 7) || memmem(data, head, "Chunked", 7);
    stream->state = chunked ? stream_chunk_size : stream_plain;
    return head;
}

// Moves the content of chunks from `data` to `out` (before it, in the same block). Returns how many
// raw bytes were used; less than `size` when a chunk's size line is not whole.
static inline size_t take_chunks(struct event_stream* stream, const char* data, size_t size,
                                 char** out) {
    size_t used = 0;
    while (used < size) {
        if (stream->state == stream_chunk) {
            size_t part = size - used;
            if (part > stream->chunk_left) part = (size_t)stream->chunk_left;
            memmove(*out, data + used, part);
            *out += part;
            used += part;
            stream->chunk_left -= part;
            if (!stream->chunk_left) stream->state = stream_chunk_end;
            continue;
        }
        const char* line_end = memchr(data + used, '\n', size - used);
        if (!line_end) return used;
        if (stream->state == stream_chunk_size) {
            stream->chunk_left = strtoull(data + used, NULL, 16);
            if (!stream->chunk_left) fail("the server ended an event stream");
            stream->state = stream_chunk;
        } else {
            stream->state = stream_chunk_size;
        }
        used = (size_t)(line_end - data) + 1;
    }
    return used;
}

static inline void take_line(struct event_stream* stream, const char* line, size_t size,
                             on_stream_event* listener, void* context) {
    if (size && line[size - 1] == '\r') --size;
    if (!size) {
        if (stream->has_mark) listener(context, stream);
        stream->has_mark = 0;
    } else if (size > 3 && !memcmp(line, "id:", 3)) {
        stream->id = strtoll(line + 3, NULL, 10);
    } else if (size > 5 && !memcmp(line, "data:", 5)) {
        const char* sign = memchr(line, event_mark_sign, size);
        if (!sign || (size_t)(line + size - sign) < event_mark_size) return;
        stream->mark = (struct event_mark){.publisher = (unsigned)parse_digits(sign + 1, 2),
                                           .number = parse_digits(sign + 3, 12),
                                           .due_ns = parse_digits(sign + 15, 20)};
        stream->has_mark = 1;
    }
}

// Takes whole lines; returns how many bytes they were.
static inline size_t take_lines(struct event_stream* stream, const char* data, size_t size,
                                on_stream_event* listener, void* context) {
    const char *line = data, *end = data + size;
    while (line < end) {
        const char* line_end = memchr(line, '\n', (size_t)(end - line));
        if (!line_end) break;
        take_line(stream, line, (size_t)(line_end - line), listener, context);
        line = line_end + 1;
    }
    return (size_t)(line - data);
}

// `block` holds what event_stream_restore() gave and new bytes behind it, `size` in all.
static inline void event_stream_receive(struct event_stream* stream, char* block, size_t size,
                                        on_stream_event* listener, void* context) {
    size_t clean = stream->clean;
    char *out = block + clean, *raw = out, *end = block + size;
    if (stream->state == stream_head) raw += take_stream_head(stream, raw, size);
    if (stream->state == stream_plain) {
        if (raw != out) memmove(out, raw, (size_t)(end - raw));
        out += end - raw;
        raw = end;
    } else if (stream->state != stream_head) {
        raw += take_chunks(stream, raw, (size_t)(end - raw), &out);
    }
    size_t lines = take_lines(stream, block, (size_t)(out - block), listener, context);
    // Keep the unfinished line, and right behind it the raw bytes that were not used.
    size_t left = (size_t)(out - block) - lines, raw_left = (size_t)(end - raw);
    memmove(out, raw, raw_left);
    event_stream_keep(stream, block + lines, left + raw_left, left);
}
