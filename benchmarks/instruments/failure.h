// A benchmark that meets an error must stop: a figure from a half-working run is worse than none.
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn, format(printf, 1, 2))) static inline void fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    exit(1);
}

// Ends the program with the reason in errno.
__attribute__((noreturn)) static inline void fail_errno(const char* operation) {
    fail("%s: %s", operation, strerror(errno));
}

// For system calls: returns `result`, or ends with the reason in errno when it is negative.
static inline int must(const char* operation, int result) {
    if (result < 0) fail_errno(operation);
    return result;
}

// For liburing and completions, whose negative results are the reason themselves.
static inline int must_uring(const char* operation, int result) {
    if (result < 0) fail("%s: %s", operation, strerror(-result));
    return result;
}

static inline void* must_allocate(size_t count, size_t size) {
    void* memory = calloc(count, size);
    if (!memory) fail("calloc of %zu x %zu bytes: out of memory", count, size);
    return memory;
}
