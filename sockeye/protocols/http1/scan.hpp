// How far a run of characters goes: the inner loops of the parser, 16 bytes at a time where the
// processor can.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace sockeye::http1 {

constexpr bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// RFC 9110 section 5.6.2: tchar.
constexpr std::array<bool, 256> make_token_table() {
    std::array<bool, 256> table{};
    for (const char* c = "!#$%&'*+-.^_`|~0123456789"; *c; ++c) table[std::uint8_t(*c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) table[std::uint8_t(c)] = table[std::uint8_t(c - 0x20)] = true;
    return table;
}
inline constexpr std::array<bool, 256> token_table = make_token_table();

constexpr bool is_token_character(char c) noexcept {
    return token_table[static_cast<std::uint8_t>(c)];
}
// What a field's value holds (RFC 9110 section 5.5): tab, space, visible ASCII, and the bytes above
// it, which mean nothing to us.
constexpr bool is_value_character(char c) noexcept {
    return (static_cast<std::uint8_t>(c) >= 0x20 && c != 0x7f) || c == '\t';
}
constexpr bool is_visible(char c) noexcept {
    return c > 0x20 && c < 0x7f;
}
// Optional white space, RFC 9110 section 5.6.3.
constexpr bool is_blank(char c) noexcept {
    return c == ' ' || c == '\t';
}

// Each returns the first place in [at, end) that is not of the kind, or `end`.
inline const char* skip_token(const char* at, const char* end) noexcept {
    while (at != end && is_token_character(*at)) ++at;
    return at;
}

inline const char* skip_blanks(const char* at, const char* end) noexcept {
    while (at != end && is_blank(*at)) ++at;
    return at;
}

inline const char* skip_value(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(block, _mm_set1_epi8(0x1f)), block);
        control = _mm_andnot_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8('\t')), control);
        control = _mm_or_si128(control, _mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)));
        if (auto found = static_cast<unsigned>(_mm_movemask_epi8(control)))
            return at + std::countr_zero(found);
    }
#endif
    while (at != end && is_value_character(*at)) ++at;
    return at;
}

inline const char* skip_visible(const char* at, const char* end) noexcept {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        __m128i visible = _mm_andnot_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(0x7f)),
                                           _mm_cmpgt_epi8(block, _mm_set1_epi8(0x20)));
        if (auto other = static_cast<unsigned>(_mm_movemask_epi8(visible)) ^ 0xffffu)
            return at + std::countr_zero(other);
    }
#endif
    while (at != end && is_visible(*at)) ++at;
    return at;
}

}  // namespace sockeye::http1
