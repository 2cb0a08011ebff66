// Latencies in a log-linear histogram: 64 buckets an octave, so within 1.6 % of the true value,
// at constant cost and memory.
#pragma once

#include <stdint.h>
#include <stdio.h>

enum { histogram_octave_bits = 6, histogram_buckets = (65 - histogram_octave_bits) << 6 };

struct histogram {
    uint64_t counts[histogram_buckets];
    uint64_t total;
    uint64_t largest;
};

static inline unsigned histogram_bucket(uint64_t value) {
    if (value < 64) return (unsigned)value;
    unsigned shift = 63u - (unsigned)__builtin_clzll(value) - histogram_octave_bits;
    return ((shift + 1) << histogram_octave_bits) + (unsigned)((value >> shift) & 63);
}

// The middle of a bucket.
static inline double histogram_value(unsigned bucket) {
    if (bucket < 64) return bucket;
    unsigned shift = (bucket >> histogram_octave_bits) - 1;
    double lowest = (double)((uint64_t)(64 + (bucket & 63)) << shift);
    return lowest + (double)((uint64_t)1 << shift) / 2;
}

static inline void histogram_add(struct histogram* histogram, uint64_t value) {
    ++histogram->counts[histogram_bucket(value)];
    ++histogram->total;
    if (value > histogram->largest) histogram->largest = value;
}

// `share` is 0.5 for the median. 0 when nothing was counted.
static inline double histogram_percentile(const struct histogram* histogram, double share) {
    uint64_t wanted = (uint64_t)(share * (double)histogram->total);
    uint64_t seen = 0;
    for (unsigned bucket = 0; bucket < histogram_buckets; ++bucket) {
        seen += histogram->counts[bucket];
        if (seen > wanted) return histogram_value(bucket);
    }
    return (double)histogram->largest;
}

// Writes `"NAME":{...}` in microseconds, a member of the load's JSON line.
static inline void histogram_print(const struct histogram* histogram, const char* name) {
    printf(
        "\"%s\":{\"count\":%llu,\"p50\":%.2f,\"p90\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f}",
        name, (unsigned long long)histogram->total, histogram_percentile(histogram, 0.5) / 1e3,
        histogram_percentile(histogram, 0.9) / 1e3, histogram_percentile(histogram, 0.99) / 1e3,
        histogram_percentile(histogram, 0.999) / 1e3, (double)histogram->largest / 1e3);
}
