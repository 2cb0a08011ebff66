#include "hub/web/router.hpp"

#include <array>
#include <gtest/gtest.h>

namespace sockeye::hub {
namespace {

task<> nothing(http_connection&, std::string_view) {
    co_return;
}

using http::method;
constexpr std::array routes = {
    route{method::post, "/topics/", reach::below, nothing},
    route{method::get, "/topics/", reach::below, nothing},
    route{method::get, "/health", reach::exact, nothing},
    route{method::get, "/", reach::below, nothing},
};

TEST(router_test, method_and_path_choose) {
    const auto found = find_route(routes, method::post, "/topics/a%2Fb/c");
    EXPECT_EQ(found.chosen, &routes[0]);
    EXPECT_EQ(found.rest, "a%2Fb/c");
    EXPECT_EQ(find_route(routes, method::get, "/topics/").chosen, &routes[1]);
    EXPECT_EQ(find_route(routes, method::get, "/topics/").rest, "");
}

TEST(router_test, the_first_that_fits) {
    EXPECT_EQ(find_route(routes, method::get, "/health").chosen, &routes[2]);
    EXPECT_EQ(find_route(routes, method::get, "/health/x").chosen, &routes[3]);
    EXPECT_EQ(find_route(routes, method::get, "/").chosen, &routes[3]);
}

TEST(router_test, head_goes_where_get_goes) {
    EXPECT_EQ(find_route(routes, method::head, "/topics/a").chosen, &routes[1]);
}

TEST(router_test, a_wrong_method_is_told_the_right_ones) {
    const auto found = find_route(std::span(routes).first(2), method::delete_, "/topics/a");
    EXPECT_EQ(found.chosen, nullptr);
    EXPECT_EQ(found.allowed, "POST, GET, HEAD");
}

TEST(router_test, no_path) {
    const auto found = find_route(std::span(routes).first(3), method::get, "/topics");
    EXPECT_EQ(found.chosen, nullptr);
    EXPECT_EQ(found.allowed, "");
}

}  // namespace
}  // namespace sockeye::hub
