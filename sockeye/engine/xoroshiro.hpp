// A small, fast source of chance: jitter, tie-breaking and simulations, never secrets.
#pragma once

#include <cstdint>

namespace sockeye {

// xoroshiro128+ (Blackman and Vigna).
class xoroshiro {
  public:
    // Not both may be zero.
    xoroshiro(std::uint64_t a, std::uint64_t b) noexcept : a_(a), b_(b) {}
    // One seed is spread over the whole state (splitmix64, Steele and others).
    explicit xoroshiro(std::uint64_t seed) noexcept : a_(spread(seed)), b_(spread(seed)) {}

    std::uint64_t next() noexcept {
        const std::uint64_t result = a_ + b_;
        b_ ^= a_;
        a_ = rotate(a_, 24) ^ b_ ^ (b_ << 16);
        b_ = rotate(b_, 37);
        return result;
    }
    // From 0 to `end` - 1; `end` is not 0.
    std::uint64_t below(std::uint64_t end) noexcept { return (next() >> 11) % end; }
    bool one_in(std::uint64_t n) noexcept { return below(n) == 0; }

  private:
    static std::uint64_t rotate(std::uint64_t x, int k) noexcept {
        return (x << k) | (x >> (64 - k));
    }
    static std::uint64_t spread(std::uint64_t& seed) noexcept {
        std::uint64_t z = (seed += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }

    std::uint64_t a_;
    std::uint64_t b_;
};

}  // namespace sockeye
