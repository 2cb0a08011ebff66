#include "hub/web/router.hpp"

namespace sockeye::hub {
namespace {

std::string_view name_of(http::method method) noexcept {
    switch (method) {
        case http::method::get:
            return "GET, HEAD";
        case http::method::post:
            return "POST";
        case http::method::put:
            return "PUT";
        case http::method::delete_:
            return "DELETE";
        default:
            return "";
    }
}

bool fits(const route& each, std::string_view path) noexcept {
    return each.how_far == reach::exact ? path == each.path : path.starts_with(each.path);
}

void allow(std::string& allowed, http::method method) {
    const std::string_view name = name_of(method);
    if (name.empty()) return;
    if (!allowed.empty()) allowed += ", ";
    allowed += name;
}

}  // namespace

found_route find_route(std::span<const route> routes, http::method method, std::string_view path) {
    if (method == http::method::head) method = http::method::get;
    found_route found;
    for (const route& each : routes) {
        if (!fits(each, path)) continue;
        if (each.method == method) return {&each, path.substr(each.path.size()), {}};
        allow(found.allowed, each.method);
    }
    return found;
}

}  // namespace sockeye::hub
