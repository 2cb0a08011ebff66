#include "hub/store/publication.hpp"

namespace sockeye::hub {

std::string_view name_of(store_status status) noexcept {
    switch (status) {
        case store_status::stored:
            return "stored";
        case store_status::repeated:
            return "repeated";
        case store_status::invalid:
            return "invalid";
        case store_status::not_found:
            return "not found";
        case store_status::conflict:
            return "conflict";
        case store_status::too_large:
            return "too large";
        case store_status::overloaded:
            return "overloaded";
        case store_status::no_space:
            return "no space";
        case store_status::failed:
            return "failed";
        case store_status::closed:
            return "closed";
    }
    return "unknown";
}

}  // namespace sockeye::hub
