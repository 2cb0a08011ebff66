#include "sockeye/net/resolve.hpp"

#include <gtest/gtest.h>

#include "sockeye/core/error.hpp"
#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"

namespace sockeye {
namespace {

task<> names_and_numbers() {
    const std::uint64_t before = loop::current().counters().engine.operations;
    const auto number = co_await resolve("10.1.2.3:80", lookup_for::connecting);
    EXPECT_EQ(number.front().to_string(), "10.1.2.3:80");
    EXPECT_EQ(loop::current().counters().engine.operations, before) << "no thread for a number";
    const auto name = co_await resolve("localhost:80", lookup_for::connecting);
    for (const address& each : name) EXPECT_TRUE(each.is_loopback());
    EXPECT_FALSE(name.empty());
    EXPECT_GT(loop::current().counters().engine.operations, before);
    const auto bad = co_await as_expected(resolve("[::1", lookup_for::connecting));
    EXPECT_FALSE(bad);
}
TEST(resolve, asks_the_system_for_names_alone) {
    on_the_kernel(names_and_numbers());
}

}  // namespace
}  // namespace sockeye
