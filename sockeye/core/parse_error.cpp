#include "sockeye/core/parse_error.hpp"

#include "sockeye/core/escape.hpp"

namespace sockeye {

std::string parse_error::to_string() const {
    return std::string("bad ") + what + " at byte " + std::to_string(position) + ": " + why;
}

std::string parse_error::in(std::string_view text) const {
    constexpr std::size_t longest_quote = 120;
    std::string message = "bad ";
    message += what;
    message += " in \"";
    message += escape(text.substr(0, longest_quote));
    message += text.size() > longest_quote ? "...\" at byte " : "\" at byte ";
    message += std::to_string(position);
    message += ": ";
    message += why;
    return message;
}

}  // namespace sockeye
