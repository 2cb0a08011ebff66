#include "sockeye/protocols/http1/head_writer.hpp"

#include <charconv>

#include "sockeye/protocols/http1/scan.hpp"

namespace sockeye::http1 {
namespace {

bool is_written_by_machine(std::string_view name) {
    switch (name.size()) {
        case 4:
            return http::equal_ignoring_case(name, "date");
        case 10:
            return http::equal_ignoring_case(name, "connection") ||
                   http::equal_ignoring_case(name, "keep-alive");
        case 14:
            return http::equal_ignoring_case(name, "content-length");
        case 17:
            return http::equal_ignoring_case(name, "transfer-encoding");
        default:
            return false;
    }
}

// 16 hexadecimal digits and CRLF.
constexpr std::size_t max_chunk_line = 18;

void write_chunk_line(output_queue& output, std::size_t size) {
    char* start = output.reserve(max_chunk_line);
    char* end = std::to_chars(start, start + max_chunk_line, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    output.commit(static_cast<std::size_t>(end - start));
}

template <class Bytes>
void write_any_chunk(output_queue& output, const Bytes& data) {
    if (data.empty()) return;
    write_chunk_line(output, data.size());
    output.append(data);
    output.append(bytes_view("\r\n", 2));
}

}  // namespace

std::expected<void, protocol_error> check_headers(std::span<const http::header> headers) {
    for (const http::header& field : headers) {
        const char* name_end = field.name.data() + field.name.size();
        if (field.name.empty() || skip_token(field.name.data(), name_end) != name_end)
            return refuse(500, "header", "its name is no token");
        const char* value_end = field.value.data() + field.value.size();
        if (skip_value(field.value.data(), value_end) != value_end)
            return refuse(500, "header", "a control character in the value");
        if (is_written_by_machine(field.name))
            return refuse(500, "header", "the machine writes this one itself");
    }
    return {};
}

std::size_t written_size(std::span<const http::header> headers) noexcept {
    std::size_t size = 0;
    for (const http::header& field : headers) size += field.name.size() + field.value.size() + 4;
    return size;
}

void head_writer::put_number(std::uint64_t value) noexcept {
    at_ = std::to_chars(at_, at_ + 20, value).ptr;
}

void head_writer::put_headers(std::span<const http::header> headers) noexcept {
    for (const http::header& field : headers) {
        put(field.name);
        put(": ");
        put(field.value);
        put("\r\n");
    }
}

void write_chunk(output_queue& output, bytes_view copied) {
    write_any_chunk(output, copied);
}

void write_chunk(output_queue& output, const shared_bytes& data) {
    write_any_chunk(output, data);
}

void write_last_chunk(output_queue& output) {
    output.append(bytes_view("0\r\n\r\n", 5));
}

}  // namespace sockeye::http1
