// What HTTP says where the store says how a request ended.
#pragma once

#include "hub/store/publication.hpp"

namespace sockeye::hub {

// RFC 9110 section 15, and 507 of RFC 4918.
constexpr unsigned http_status_of(store_status status) noexcept {
    switch (status) {
        case store_status::stored:
        case store_status::repeated:
            return 200;
        case store_status::invalid:
            return 400;
        case store_status::not_found:
            return 404;
        case store_status::conflict:
            return 409;
        case store_status::too_large:
            return 413;
        case store_status::overloaded:
        case store_status::closed:
            return 503;
        case store_status::no_space:
            return 507;
        case store_status::failed:
            return 500;
    }
    return 500;
}

}  // namespace sockeye::hub
