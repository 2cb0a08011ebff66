#include "sockeye/protocols/http/media_type.hpp"

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http/list.hpp"

namespace sockeye::http {
namespace {

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    for (char c : text) {
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && marks.find(c) == marks.npos) return false;
    }
    return !text.empty();
}

// Where a part ends: at the first `mark` outside quotes.
std::size_t end_of_part(std::string_view text, char mark) {
    bool is_quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_quoted && text[i] == '\\')
            ++i;
        else if (text[i] == '"')
            is_quoted = !is_quoted;
        else if (text[i] == mark && !is_quoted)
            return i;
    }
    return text.size();
}

// Calls `part(text)` for each one between marks outside quotes, until a call returns false.
template <class Part>
bool for_each_part(std::string_view text, char mark, Part part) {
    for (;;) {
        std::size_t end = end_of_part(text, mark);
        if (!part(without_blanks(text.substr(0, end)))) return false;
        if (end == text.size()) return true;
        text.remove_prefix(end + 1);
    }
}

// The content of a quoted string; nothing if it is none (RFC 9110 section 5.6.4).
std::optional<std::string> unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
    text = text.substr(1, text.size() - 2);
    std::string content;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"' || (text[i] == '\\' && ++i == text.size())) return std::nullopt;
        content += text[i];
    }
    return content;
}

struct parameter_parts {
    std::string_view name;
    std::string_view value;  // with its quotes
};

std::optional<parameter_parts> split_parameter(std::string_view text) {
    std::size_t equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    parameter_parts parts{text.substr(0, equals), text.substr(equals + 1)};
    if (!is_token(parts.name) || !(is_token(parts.value) || unquoted(parts.value)))
        return std::nullopt;
    return parts;
}

// "0.123" as 123; -1 for what is no weight (RFC 9110 section 12.4.2).
int parse_weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return -1;
    int weight = (text[0] - '0') * 1000;
    if (text.size() > 1 && text[1] != '.') return -1;
    int unit = 100;
    for (char c : text.substr(text.size() > 1 ? 2 : 1)) {
        if (c < '0' || c > '9') return -1;
        weight += (c - '0') * unit;
        unit /= 10;
    }
    return weight <= 1000 ? weight : -1;
}

}  // namespace

std::optional<media_type> media_type::parse(std::string_view text) {
    text = without_blanks(text);
    std::size_t end = end_of_part(text, ';');
    media_type result;
    result.essence_ = without_blanks(text.substr(0, end));
    std::size_t slash = result.essence_.find('/');
    if (slash == result.essence_.npos) return std::nullopt;
    result.type_ = result.essence_.substr(0, slash);
    result.subtype_ = result.essence_.substr(slash + 1);
    if (!is_token(result.type_) || !is_token(result.subtype_)) return std::nullopt;
    if (end == text.size()) return result;
    result.parameters_ = text.substr(end + 1);
    // RFC 9110 section 5.6.6 allows parts with nothing in them.
    bool is_good = for_each_part(result.parameters_, ';', [](std::string_view part) {
        return part.empty() || split_parameter(part);
    });
    return is_good ? std::optional(result) : std::nullopt;
}

std::optional<std::string> media_type::parameter(std::string_view name) const {
    std::optional<std::string> found;
    for_each_part(parameters_, ';', [&](std::string_view part) {
        auto parts = split_parameter(part);
        if (!parts || !equal_ignoring_case(parts->name, name)) return true;
        found = unquoted(parts->value).value_or(std::string(parts->value));
        return false;
    });
    return found;
}

bool media_type::is(std::string_view essence) const noexcept {
    return equal_ignoring_case(essence_, essence);
}

// One element of an Accept field.
class accept_range {
  public:
    // How exactly it means the offer: 0 not at all, 1 by */*, 2 by type/*, 3 by its name, more for
    // each parameter that the two share.
    static int specificity(const media_type& range, const media_type& offer) {
        if (range.essence_ == "*/*") return 1;
        if (!equal_ignoring_case(range.type_, offer.type_)) return 0;
        if (range.subtype_ == "*") return 2;
        if (!equal_ignoring_case(range.subtype_, offer.subtype_)) return 0;
        int result = 3;
        bool matches = for_each_part(range.parameters_, ';', [&](std::string_view part) {
            auto parts = split_parameter(part);
            if (!parts || equal_ignoring_case(parts->name, "q")) return true;
            ++result;
            auto wanted = range.parameter(parts->name);
            auto offered = offer.parameter(parts->name);
            return offered && equal_ignoring_case(*wanted, *offered);
        });
        return matches ? result : 0;
    }
};

int accept_quality(std::string_view accept, const media_type& offer) {
    int best = 0;
    int quality = 0;
    for_each_part(accept, ',', [&](std::string_view element) {
        auto range = media_type::parse(element);
        if (!range) return true;
        int weight = parse_weight(range->parameter("q").value_or("1"));
        int specificity = accept_range::specificity(*range, offer);
        if (weight >= 0 && specificity > best) {
            best = specificity;
            quality = weight;
        }
        return true;
    });
    return quality;
}

std::optional<std::size_t> choose_media_type(std::string_view accept,
                                             std::span<const std::string_view> offers) {
    if (without_blanks(accept).empty()) return offers.empty() ? std::nullopt : std::optional(0uz);
    std::optional<std::size_t> chosen;
    int best = 0;
    for (std::size_t i = 0; i < offers.size(); ++i) {
        auto offer = media_type::parse(offers[i]);
        int quality = offer ? accept_quality(accept, *offer) : 0;
        if (quality <= best) continue;
        best = quality;
        chosen = i;
    }
    return chosen;
}

}  // namespace sockeye::http
