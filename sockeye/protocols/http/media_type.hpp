// Media types and the choice between them, RFC 9110 sections 8.3.1 and 12.5.1.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sockeye::http {

// `text/plain; charset="utf-8"`. Views into the text that was parsed.
class media_type {
  public:
    // Strict about tokens and quotes. "*" is a token, so `*/*` is one too.
    static std::optional<media_type> parse(std::string_view text);

    std::string_view type() const noexcept { return type_; }        // "text"
    std::string_view subtype() const noexcept { return subtype_; }  // "plain"
    // "text/plain", as it was written.
    std::string_view essence() const noexcept { return essence_; }
    // Of a parameter, without its quotes.
    std::optional<std::string> parameter(std::string_view name) const;
    // Whether the essence is this one, whatever the case.
    bool is(std::string_view essence) const noexcept;

  private:
    friend class accept_range;
    std::string_view type_, subtype_, essence_, parameters_;
};

// How much an Accept field wants a type, in thousandths: 1000 for q=1, 0 for not at all. The most
// specific range decides: with parameters, type/subtype, type/*, */*. Malformed elements count for
// nothing.
int accept_quality(std::string_view accept, const media_type& offer);

// Which of `offers`, the best of ours first, an Accept field wants most. The first where the field
// is empty or missing; nothing where none will do: 406, or the first all the same.
std::optional<std::size_t> choose_media_type(std::string_view accept,
                                             std::span<const std::string_view> offers);

}  // namespace sockeye::http
