#include "hub/web/guard.hpp"

#include <algorithm>
#include <utility>

namespace sockeye::hub {
namespace {

bool changes_something(http::method method) noexcept {
    return method != http::method::get && method != http::method::head &&
           method != http::method::options;
}

}  // namespace

guard::guard(const std::vector<address>& listening) {
    const auto add = [this](const std::string& name, std::uint16_t port) {
        if (port == 80) names_.push_back(name);
        names_.push_back(name + ':' + std::to_string(port));
    };
    for (const address& each : listening) {
        add("localhost", each.port());
        add("127.0.0.1", each.port());
        add("[::1]", each.port());
        const std::string ip = each.ip_string();
        add(each.is_ipv6() ? '[' + ip + ']' : ip, each.port());
    }
}

bool guard::is_own_name(std::string_view host) const {
    return std::ranges::any_of(
        names_, [host](const std::string& name) { return http::equal_ignoring_case(name, host); });
}

std::optional<refusal> guard::check(const http1::request_head& request) const {
    if (!is_own_name(request.host)) return refusal{421, "this hub does not go by the name in Host"};
    if (!changes_something(request.method)) return std::nullopt;
    const auto site = request.headers.find("Sec-Fetch-Site");
    if (site && *site != "same-origin" && *site != "none")
        return refusal{403, "a page of another site may not change anything here"};
    const auto origin = request.headers.find("Origin");
    if (!origin) return std::nullopt;
    constexpr std::string_view scheme = "http://";
    if (origin->starts_with(scheme) &&
        http::equal_ignoring_case(origin->substr(scheme.size()), request.host))
        return std::nullopt;
    return refusal{403, "a page of another origin may not change anything here"};
}

}  // namespace sockeye::hub
