// The request methods of RFC 9110 section 9, and PATCH of RFC 5789.
#pragma once

#include <cstdint>
#include <string_view>

namespace sockeye::http {

enum class method : std::uint8_t {
    get,
    head,
    post,
    put,
    delete_,
    connect,
    options,
    trace,
    patch,
    other,  // any other token
};

// Methods are case-sensitive: "get" is `other`.
constexpr method method_of(std::string_view text) noexcept {
    switch (text.size()) {
        case 3:
            return text == "GET" ? method::get : text == "PUT" ? method::put : method::other;
        case 4:
            return text == "POST" ? method::post : text == "HEAD" ? method::head : method::other;
        case 5:
            return text == "PATCH"   ? method::patch
                   : text == "TRACE" ? method::trace
                                     : method::other;
        case 6:
            return text == "DELETE" ? method::delete_ : method::other;
        case 7:
            return text == "OPTIONS"   ? method::options
                   : text == "CONNECT" ? method::connect
                                       : method::other;
        default:
            return method::other;
    }
}

}  // namespace sockeye::http
