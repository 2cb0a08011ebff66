// The rules that every publication is held to before it is queued.
#pragma once

#include <expected>
#include <string_view>

#include "hub/store/files.hpp"
#include "hub/store/publication.hpp"

namespace sockeye::hub {

// invalid or too_large, in words.
std::expected<void, store_failure> check_publication(const publication& what,
                                                     std::size_t max_payload_bytes);
std::expected<void, store_failure> check_file_publication(const file_publication& what);

}  // namespace sockeye::hub
