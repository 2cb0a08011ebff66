// The one exception of the library: what was tried, with whom, and why it failed.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <system_error>

#include "sockeye/core/parse_error.hpp"

namespace sockeye {

// Reads like a sentence:
//   connect db.local:5432 (tried [::1]:5432, 127.0.0.1:5432): connection refused
// operation "connect", peer "db.local:5432 (tried ...)", reason "connection refused".
// A timeout, a cancellation and a reset are told apart by the three questions below, whatever the
// operation and the error category. Copies share their text, so that copying never throws.
class error : public std::system_error {
  public:
    error(std::error_code reason, std::string operation, std::string peer = {});

    // From an `errno` value, errno(3); 0 is not an error and must not be passed.
    static error from_errno(int errno_value, std::string operation, std::string peer = {});

    // From a text that could not be read, errc::invalid_argument:
    //   listen localhost (bad port at byte 9: missing, as in localhost:12345): invalid argument
    static error from_parse(const parse_error& why, std::string operation, std::string_view text);

    // What was tried, as one word where one does: "connect", "recv".
    const std::string& operation() const noexcept;
    // With whom, as text for people; empty where there is nobody.
    const std::string& peer() const noexcept;
    // The whole sentence. Lives as long as this error or any copy of it.
    const char* what() const noexcept override;

    // Time ran out: ours (a deadline, settimeout) or the kernel's (ETIMEDOUT).
    bool is_timeout() const noexcept;
    // We gave up on it ourselves, because its task was cancelled.
    bool is_cancelled() const noexcept;
    // The peer dropped the connection: a reset, or a write after it had gone.
    bool is_reset() const noexcept;

  private:
    struct sentence {
        std::string operation;
        std::string peer;
        std::string text;
    };
    std::shared_ptr<const sentence> sentence_;
};

// The reason in words that fit into a sentence: "connection refused", "timed out".
std::string reason_of(std::error_code reason);

}  // namespace sockeye
