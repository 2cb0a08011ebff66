// Time for loads and peers: one monotonic clock in nanoseconds.
#pragma once

#include <stdint.h>
#include <time.h>

static inline uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline uint64_t seconds_to_ns(double seconds) {
    return (uint64_t)(seconds * 1e9);
}
