#include "sockeye/protocols/http1/body_reader.hpp"

#include <algorithm>

#include "sockeye/core/hex_digit.hpp"
#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

// Fields that would change what the message is, had they come in its head (RFC 9110 section 6.5.1).
bool may_trail(http::header field) {
    for (std::string_view name :
         {"content-length", "transfer-encoding", "host", "connection", "trailer", "te", "expect",
          "upgrade", "content-type", "content-encoding", "content-range", "authorization", "cookie",
          "set-cookie", "max-forwards", "cache-control", "keep-alive"}) {
        if (http::equal_ignoring_case(field.name, name)) return false;
    }
    return true;
}

}  // namespace

void body_reader::start(phase phase) noexcept {
    phase_ = phase;
    is_chunked_ = phase == phase::size_start;
    digits_ = 0;
    line_size_ = extensions_size_ = 0;
    left_ = received_ = position_ = 0;
    trailer_text_.clear();
    trailers_.start(0);
}

void body_reader::release_memory() {
    std::string().swap(trailer_text_);
    trailers_.fields().release_memory();
}

body_reader::outcome body_reader::next(bytes_view& input) {
    for (;;) {
        if (phase_ == phase::done) return piece{found::end, {}};
        if (phase_ == phase::trailers) return read_trailers(input);
        if (input.empty()) return piece{};
        switch (phase_) {
            case phase::counted:
            case phase::until_close:
            case phase::chunk:
                return take_data(input);
            default: {
                checked result = read_chunk_line(input);
                if (!result) return std::unexpected(result.error());
            }
        }
    }
}

bool body_reader::finish() noexcept {
    if (phase_ == phase::until_close) phase_ = phase::done;
    return phase_ == phase::done;
}

body_reader::outcome body_reader::take_data(bytes_view& input) {
    bool is_counted = phase_ != phase::until_close;
    std::size_t size = input.size();
    if (is_counted) size = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    // What the limit lets through is given first, so that a cut makes no difference.
    if (received_ >= limits_.max_size)
        return refuse(413, "body", "larger than the limit", position_);
    size = static_cast<std::size_t>(std::min<std::uint64_t>(size, limits_.max_size - received_));
    bytes_view data = input.first(size);
    input = input.without_first(size);
    received_ += size;
    position_ += size;
    if (is_counted && (left_ -= size) == 0)
        phase_ = phase_ == phase::chunk ? phase::chunk_cr : phase::done;
    return piece{found::data, data};
}

// RFC 9112 section 7.1, a byte at a time: lines are short, and a cut may be anywhere.
body_reader::checked body_reader::read_chunk_line(bytes_view& input) {
    while (!input.empty()) {
        char c = static_cast<char>(input[0]);
        checked result;
        switch (phase_) {
            case phase::size_start:
            case phase::size:
                result = read_size(c);
                break;
            case phase::line_end:
                result = finish_line(c);
                break;
            case phase::chunk_cr:
                if (c != '\r') return refuse_chunk("expected CRLF behind the data");
                phase_ = phase::chunk_lf;
                break;
            case phase::chunk_lf:
                if (c != '\n') return refuse_chunk("expected CRLF behind the data");
                phase_ = phase::size_start;
                line_size_ = digits_ = 0;
                break;
            default:
                result = read_extension(c);
                break;
        }
        if (!result) return result;
        input = input.without_first(1);
        ++position_;
        if (++line_size_ > limits_.max_chunk_line) return refuse_chunk("its line is too long");
        if (phase_ == phase::chunk || phase_ == phase::trailers) return {};
    }
    return {};
}

body_reader::checked body_reader::read_size(char c) {
    if (int value = hex_value(c); value >= 0) {
        // 15 digits hold all that a size can be, and cannot overflow.
        if (++digits_ > 15) return refuse_chunk("its size has more than 15 digits");
        left_ = left_ * 16 + static_cast<unsigned>(value);
        phase_ = phase::size;
        return {};
    }
    if (phase_ == phase::size_start) return refuse_chunk("expected its size in hexadecimal digits");
    return end_of_extension(c);
}

// Behind a size or an extension: another extension or the end of the line.
body_reader::checked body_reader::end_of_extension(char c) {
    if (c == ';')
        phase_ = phase::extension_start;
    else if (c == '\r')
        phase_ = phase::line_end;
    else
        return refuse_chunk("a character that neither a size nor an extension has");
    return {};
}

// RFC 9112 section 7.1.1: *( ";" name [ "=" ( token / quoted-string ) ] ), without the white space
// that old senders wrote: two readers may see two different things in it.
body_reader::checked body_reader::read_extension(char c) {
    if (++extensions_size_ > limits_.max_extensions)
        return refuse_chunk("too many bytes of extensions");
    switch (phase_) {
        case phase::extension_start:
            if (!is_token_character(c)) return refuse_chunk("an extension without a name");
            phase_ = phase::extension_name;
            return {};
        case phase::extension_name:
            if (is_token_character(c)) return {};
            if (c != '=') return end_of_extension(c);
            phase_ = phase::extension_value;
            return {};
        case phase::extension_value:
            if (c != '"' && !is_token_character(c))
                return refuse_chunk("an extension without a value");
            phase_ = c == '"' ? phase::extension_quoted : phase::extension_token;
            return {};
        case phase::extension_token:
            return is_token_character(c) ? checked() : end_of_extension(c);
        case phase::extension_after_quoted:
            return end_of_extension(c);
        default:
            break;
    }
    if (!is_value_character(c)) return refuse_chunk("a control character in an extension");
    if (phase_ == phase::extension_escaped)
        phase_ = phase::extension_quoted;
    else if (c == '\\')
        phase_ = phase::extension_escaped;
    else if (c == '"')
        phase_ = phase::extension_after_quoted;
    return {};
}

body_reader::checked body_reader::finish_line(char c) {
    if (c != '\n') return refuse_chunk("CR without LF");
    if (received_ > limits_.max_size || left_ > limits_.max_size - received_)
        return refuse(413, "body", "larger than the limit", position_);
    phase_ = left_ ? phase::chunk : phase::trailers;
    return {};
}

body_reader::outcome body_reader::read_trailers(bytes_view& input) {
    std::size_t before = trailer_text_.size();
    trailer_text_.append(input.first(limits_.max_trailers - before).text());
    auto read = trailers_.parse(trailer_text_, limits_.max_trailers, limits_.max_trailer_fields);
    if (!read) {
        protocol_error error = read.error();
        error.position += position_;
        return std::unexpected(error);
    }
    bool is_complete = *read == progress::complete;
    if (is_complete) trailer_text_.resize(trailers_.position());
    input = input.without_first(trailer_text_.size() - before);
    if (!is_complete) return piece{};
    trailers_.fields().set_text(trailer_text_.data());
    trailers_.fields().keep_if(may_trail);
    phase_ = phase::done;
    return piece{found::end, {}};
}

}  // namespace sockeye::http1
