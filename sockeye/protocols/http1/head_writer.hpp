// Writes heads into an output queue.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string_view>

#include "sockeye/protocols/http/header_list.hpp"
#include "sockeye/protocols/http1/output_queue.hpp"
#include "sockeye/protocols/http1/protocol_error.hpp"

namespace sockeye::http1 {

// A name must be a token and none that the machine writes itself; a value may hold no control
// character, so that no text from elsewhere becomes a field or a message of its own. 500.
std::expected<void, protocol_error> check_headers(std::span<const http::header> headers);

// The bytes that `headers` take.
std::size_t written_size(std::span<const http::header> headers) noexcept;

// Puts texts behind each other. `max_size` is what the whole head takes at most.
class head_writer {
  public:
    head_writer(output_queue& output, std::size_t max_size)
        : output_(output), start_(output.reserve(max_size)), at_(start_) {}
    head_writer(const head_writer&) = delete;
    head_writer& operator=(const head_writer&) = delete;
    // What was put is in the queue from here on.
    ~head_writer() { output_.commit(static_cast<std::size_t>(at_ - start_)); }

    void put(std::string_view text) noexcept {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }
    void put_number(std::uint64_t value) noexcept;
    void put_headers(std::span<const http::header> headers) noexcept;
    // Room for `size` bytes that the caller writes.
    char* put_room(std::size_t size) noexcept {
        at_ += size;
        return at_ - size;
    }

  private:
    output_queue& output_;
    char* start_;
    char* at_;
};

// A body's pieces as chunks (RFC 9112 section 7.1). An empty piece would end the body, and writes
// nothing.
void write_chunk(output_queue& output, bytes_view copied);
void write_chunk(output_queue& output, const shared_bytes& data);
// The last chunk, without trailers.
void write_last_chunk(output_queue& output);

}  // namespace sockeye::http1
