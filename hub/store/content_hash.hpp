// SHA-256, piece by piece (FIPS 180-4).
#pragma once

#include <memory>
#include <string>

#include "sockeye/core/bytes.hpp"

namespace sockeye::hub {

class content_hash {
  public:
    // Throws sockeye::error when OpenSSL has no memory.
    content_hash();
    content_hash(content_hash&&) noexcept;
    content_hash& operator=(content_hash&&) noexcept;
    ~content_hash();

    void add(bytes_view bytes);
    // 64 hexadecimal digits, small letters. Ends it.
    std::string finish();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

}  // namespace sockeye::hub
