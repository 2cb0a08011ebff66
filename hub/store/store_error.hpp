// Why a store cannot be opened, as error codes.
#pragma once

#include <cstdint>
#include <system_error>

namespace sockeye::hub {

enum class store_errc : std::uint8_t {
    in_use = 1,   // another process has the data directory
    newer,        // the data were written by a newer program
    not_a_store,  // the database belongs to another program
};

std::error_code make_error_code(store_errc code) noexcept;

}  // namespace sockeye::hub

template <>
struct std::is_error_code_enum<sockeye::hub::store_errc> : std::true_type {};
