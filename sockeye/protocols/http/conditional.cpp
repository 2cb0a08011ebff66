#include "sockeye/protocols/http/conditional.hpp"

#include "sockeye/protocols/http/list.hpp"

namespace sockeye::http {
namespace {

// The entity tag at the start of `text`, which loses it. Tags may hold commas.
std::optional<entity_tag> take_tag(std::string_view& text) {
    entity_tag tag;
    if (text.starts_with("W/")) {
        tag.is_weak = true;
        text.remove_prefix(2);
    }
    if (!text.starts_with('"')) return std::nullopt;
    std::size_t closing = text.find('"', 1);
    if (closing == text.npos) return std::nullopt;
    tag.opaque = text.substr(0, closing + 1);
    for (char c : tag.opaque)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return std::nullopt;
    text.remove_prefix(closing + 1);
    return tag;
}

using comparison = bool (*)(const entity_tag&, const entity_tag&) noexcept;

bool list_has(std::string_view list, const entity_tag& current, comparison equal) {
    for (;;) {
        list = without_blanks(list);
        auto tag = take_tag(list);
        if (!tag) return false;
        if (equal(*tag, current)) return true;
        list = without_blanks(list);
        if (!list.starts_with(',')) return false;
        list.remove_prefix(1);
    }
}

// Whether a field, in however many lines, names what is there.
bool names_current(const header_list& headers, std::string_view name, const validators& current,
                   comparison equal) {
    auto tag = entity_tag::parse(current.etag);
    for (header field : headers) {
        if (!equal_ignoring_case(field.name, name)) continue;
        if (field.value == "*" && current.exists) return true;
        if (current.exists && tag && list_has(field.value, *tag, equal)) return true;
    }
    return false;
}

std::optional<date> date_in(const header_list& headers, std::string_view name, date now) {
    auto value = headers.find(name);
    return value ? parse_date(*value, now) : std::nullopt;
}

}  // namespace

std::optional<entity_tag> entity_tag::parse(std::string_view text) noexcept {
    auto tag = take_tag(text);
    return text.empty() ? tag : std::nullopt;
}

bool strongly_equal(const entity_tag& a, const entity_tag& b) noexcept {
    return !a.is_weak && !b.is_weak && a.opaque == b.opaque;
}

bool weakly_equal(const entity_tag& a, const entity_tag& b) noexcept {
    return a.opaque == b.opaque;
}

precondition evaluate_preconditions(method method, const header_list& headers,
                                    const validators& current, date now) {
    bool only_reads = method == method::get || method == method::head;
    if (headers.find("If-Match")) {
        if (!names_current(headers, "If-Match", current, strongly_equal))
            return precondition::failed;
    } else if (auto since = date_in(headers, "If-Unmodified-Since", now);
               since && current.last_modified && *current.last_modified > *since) {
        return precondition::failed;
    }
    if (headers.find("If-None-Match")) {
        if (names_current(headers, "If-None-Match", current, weakly_equal))
            return only_reads ? precondition::not_modified : precondition::failed;
        return precondition::holds;
    }
    auto since = only_reads ? date_in(headers, "If-Modified-Since", now) : std::nullopt;
    bool is_same = since && current.last_modified && *current.last_modified <= *since;
    return is_same ? precondition::not_modified : precondition::holds;
}

bool if_range_holds(const header_list& headers, const validators& current, date now) {
    auto value = headers.find("If-Range");
    if (!value) return true;
    if (auto wanted = entity_tag::parse(*value)) {
        auto tag = entity_tag::parse(current.etag);
        return tag && strongly_equal(*wanted, *tag);
    }
    auto wanted = parse_date(*value, now);
    return wanted && current.last_modified == *wanted && *wanted < now;
}

}  // namespace sockeye::http
