#include "sockeye/protocols/http1/field_section.hpp"

#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

// `stop` is what came where the name should go on or end.
const char* why_no_name(const char* line, const char* stop) {
    bool is_first = stop == line;
    switch (*stop) {
        case ' ':
        case '\t':
            return is_first ? "white space in front, or a folded line"
                            : "white space before the colon";
        case ':':
            return "empty name";
        case '\n':
            return is_first ? "LF without CR" : "no colon";
        case '\r':
            return is_first ? "CR without LF" : "no colon";
        default:
            return "a character that no name has";
    }
}

const char* why_no_value(char stop) {
    if (stop == '\n') return "LF without CR";
    return stop == '\r' ? "CR without LF" : "a control character in the value";
}

}  // namespace

field_section::outcome field_section::wait_for_line(std::string_view window, std::size_t max_size) {
    scanned_ = window.size();
    if (window.size() < max_size) return progress::incomplete;
    return refuse(431, "fields", "longer than the limit", max_size);
}

field_section::outcome field_section::parse(std::string_view block, std::size_t max_size,
                                            std::size_t max_fields) {
    std::string_view window = block.substr(0, max_size);
    const char* base = window.data();
    const char* end = base + window.size();
    // One byte at a time must not cost a look at the whole line each time.
    if (scanned_ > at_ && window.find('\n', scanned_) == window.npos)
        return wait_for_line(window, max_size);
    for (;;) {
        const char* line = base + at_;
        if (end - line >= 2 && line[0] == '\r' && line[1] == '\n') {
            at_ += 2;
            return progress::complete;
        }
        auto refuse_at = [&](const char* why, const char* stop) -> outcome {
            if (window.find('\n', at_) == window.npos) return wait_for_line(window, max_size);
            return refuse(400, "field", why, static_cast<std::size_t>(stop - base));
        };
        const char* colon = skip_token(line, end);
        if (colon == end) return wait_for_line(window, max_size);
        if (*colon != ':' || colon == line) return refuse_at(why_no_name(line, colon), colon);
        const char* value = skip_blanks(colon + 1, end);
        const char* stop = skip_value(value, end);
        if (stop == end) return wait_for_line(window, max_size);
        if (end - stop < 2 || stop[0] != '\r' || stop[1] != '\n')
            return refuse_at(why_no_value(*stop), stop);
        if (fields_.size() == max_fields) return refuse(431, "fields", "too many", at_);
        at_ = static_cast<std::size_t>(stop - base) + 2;
        while (stop != value && is_blank(stop[-1])) --stop;
        fields_.add(static_cast<std::size_t>(line - base), static_cast<std::size_t>(colon - line),
                    static_cast<std::size_t>(value - base), static_cast<std::size_t>(stop - value));
    }
}

}  // namespace sockeye::http1
