// Which function answers a request: by method and path.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "sockeye/protocols/http/method.hpp"
#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class http_connection;

// Whether a route is for its path alone or for what is below it too.
enum class reach : std::uint8_t { exact, below };

struct route {
    http::method method;
    std::string_view path;  // with a slash at its end when it reaches below
    reach how_far;
    // `rest` is what follows `path`, as it was sent (percent-encoded).
    task<> (*function)(http_connection& on, std::string_view rest);
};

// What was found for a request.
struct found_route {
    const route* chosen = nullptr;
    std::string_view rest;
    std::string allowed;  // when only the method was wrong: the ones that are right, for Allow
};

// The first route that fits. HEAD goes to GET's where it has none of its own.
found_route find_route(std::span<const route> routes, http::method method, std::string_view path);

}  // namespace sockeye::hub
