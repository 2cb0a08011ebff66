#include "sockeye/protocols/http1/framing.hpp"

#include <charconv>
#include <limits>

#include "sockeye/core/ip_text.hpp"
#include "sockeye/core/port.hpp"
#include "sockeye/protocols/http/list.hpp"
#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

using http::equal_ignoring_case;
using checked = std::expected<void, protocol_error>;

bool is_token(std::string_view text) {
    const char* end = text.data() + text.size();
    return !text.empty() && skip_token(text.data(), end) == end;
}

class framing_reader {
  public:
    framing_reader(version version, const char* base) : version_(version), base_(base) {}

    checked read(http::header field) {
        // Sizes tell the names of interest from nearly all others.
        switch (field.name.size()) {
            case 4:
                if (is(field, "host")) return read_host(field.value);
                break;
            case 6:
                if (is(field, "expect")) return read_expect(field.value);
                break;
            case 7:
                if (is(field, "upgrade")) upgrade_ = field.value;
                break;
            case 10:
                if (is(field, "connection")) read_connection(field.value);
                break;
            case 14:
                if (is(field, "content-length")) return read_length(field.value);
                break;
            case 17:
                if (is(field, "transfer-encoding")) return read_coding(field.value);
                break;
        }
        return {};
    }

    std::expected<framing, protocol_error> finish() {
        if (framing_.content_length && has_coding_)
            return refuse(400, "Content-Length", "beside Transfer-Encoding", length_at_);
        if (unknown_coding_at_)
            return refuse(501, "Transfer-Encoding", "only chunked is known", unknown_coding_at_);
        bool is_new = version_ == version::http_1_1;
        framing_.keep_alive = !has_close_ && (is_new || has_keep_alive_);
        if (is_new && has_upgrade_) framing_.upgrade = upgrade_;
        return framing_;
    }

  private:
    static bool is(http::header field, std::string_view name) {
        return equal_ignoring_case(field.name, name);
    }
    std::size_t at(std::string_view part) const {
        return static_cast<std::size_t>(part.data() - base_);
    }

    checked read_host(std::string_view value) {
        if (framing_.host_fields++) return refuse(400, "Host", "a second one", at(value));
        if (!is_host(value)) return refuse(400, "Host", "no host, or no port behind it", at(value));
        framing_.host = value;
        return {};
    }

    checked read_expect(std::string_view value) {
        if (!equal_ignoring_case(value, "100-continue"))
            return refuse(417, "Expect", "only 100-continue is known", at(value));
        // RFC 9110 section 10.1.1: an HTTP/1.0 peer does not know what 100 means.
        framing_.expects_continue = version_ == version::http_1_1;
        return {};
    }

    void read_connection(std::string_view value) {
        http::for_each_element(value, [this](std::string_view option) {
            has_close_ |= equal_ignoring_case(option, "close");
            has_keep_alive_ |= equal_ignoring_case(option, "keep-alive");
            has_upgrade_ |= equal_ignoring_case(option, "upgrade");
            return true;
        });
    }

    // RFC 9112 section 6.3: a list of equal lengths may be refused, and two readers may count
    // leading zeros in two ways.
    checked read_length(std::string_view value) {
        if (framing_.content_length)
            return refuse(400, "Content-Length", "a second one", at(value));
        length_at_ = at(value);
        std::uint64_t length = 0;
        const char* end = value.data() + value.size();
        auto [stop, failure] = std::from_chars(value.data(), end, length);
        if (failure == std::errc::result_out_of_range ||
            length > std::uint64_t(std::numeric_limits<std::int64_t>::max()))
            return refuse(400, "Content-Length", "above 2^63 - 1", at(value));
        if (failure != std::errc() || stop != end)
            return refuse(400, "Content-Length", "expected decimal digits only", at(value));
        if (value.size() > 1 && value[0] == '0')
            return refuse(400, "Content-Length", "a leading zero", at(value));
        framing_.content_length = length;
        return {};
    }

    // RFC 9112 section 6.1.
    checked read_coding(std::string_view value) {
        if (has_coding_) return refuse(400, "Transfer-Encoding", "a second one", at(value));
        has_coding_ = true;
        if (version_ == version::http_1_0)
            return refuse(400, "Transfer-Encoding", "in HTTP/1.0", at(value));
        checked result;
        http::for_each_element(value, [&](std::string_view coding) {
            std::string_view name = coding.substr(0, coding.find(';'));
            if (!is_token(http::without_blanks(name)))
                result = refuse(400, "Transfer-Encoding", "no name of a coding", at(value));
            else if (framing_.is_chunked)
                result = refuse(400, "Transfer-Encoding", "chunked is not last", at(value));
            else if (equal_ignoring_case(coding, "chunked"))
                framing_.is_chunked = true;
            else
                unknown_coding_at_ = at(value);
            return result.has_value();
        });
        return result;
    }

    version version_;
    const char* base_;
    framing framing_;
    std::string_view upgrade_;
    std::size_t length_at_ = 0;
    std::size_t unknown_coding_at_ = 0;  // 0: none
    bool has_coding_ = false;
    bool has_close_ = false;
    bool has_keep_alive_ = false;
    bool has_upgrade_ = false;
};

// RFC 3986's reg-name, which covers IPv4 too, without the comma: a list of hosts is no host.
constexpr std::array<bool, 256> make_host_table() {
    std::array<bool, 256> table{};
    for (const char* c = "0123456789-._~%!$&'()*+;="; *c; ++c) table[std::uint8_t(*c)] = true;
    for (char c = 'a'; c <= 'z'; ++c) table[std::uint8_t(c)] = table[std::uint8_t(c - 0x20)] = true;
    return table;
}
constexpr std::array<bool, 256> host_table = make_host_table();

}  // namespace

bool is_host(std::string_view text) noexcept {
    std::string_view rest = text;
    if (text.starts_with('[')) {
        std::size_t closing = text.find(']');
        if (closing == text.npos || !parse_ipv6_text(text.substr(1, closing - 1))) return false;
        rest.remove_prefix(closing + 1);
    } else {
        std::size_t size = 0;
        while (size < text.size() && host_table[std::uint8_t(text[size])]) ++size;
        if (size == 0) return false;
        rest.remove_prefix(size);
    }
    if (rest.empty()) return true;
    // RFC 3986 section 3.2.3 allows a colon and no port.
    return rest[0] == ':' && (rest.size() == 1 || parse_port(rest.substr(1)));
}

std::expected<framing, protocol_error> framing::of(const http::header_list& fields, version version,
                                                   const char* base) {
    framing_reader reader(version, base);
    for (http::header field : fields) {
        checked result = reader.read(field);
        if (!result) return std::unexpected(result.error());
    }
    return reader.finish();
}

}  // namespace sockeye::http1
