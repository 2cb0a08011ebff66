#include "sockeye/runtime/expected.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <memory>
#include <stdexcept>

#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

task<std::unique_ptr<int>> good() {
    co_return std::make_unique<int>(5);
}
task<int> refused() {
    co_await yield();
    throw error::from_errno(ECONNREFUSED, "connect", "nobody");
}
task<> broken() {
    throw std::logic_error("a mistake");
    co_return;
}

task<> values() {
    const auto five = co_await as_expected(good());
    EXPECT_EQ(**five, 5);
    const auto no = co_await as_expected(refused());
    EXPECT_STREQ(no ? "" : no.error().what(), "connect nobody: connection refused");
    const auto slept = co_await as_expected(sleep(1s));
    EXPECT_TRUE(slept);
    const auto nested = co_await as_expected(timeout(1s, as_expected(sleep(1h))));
    EXPECT_TRUE(nested && !*nested && nested->error().is_timeout());
    bool thrown = false;
    try {
        const auto mistake = co_await as_expected(broken());
        EXPECT_FALSE(mistake);
    } catch (const std::logic_error&) {
        thrown = true;
    }
    EXPECT_TRUE(thrown);
}
TEST(as_expected, gives_errors_as_values_and_throws_the_rest) {
    in_virtual_time(values());
}

}  // namespace
}  // namespace sockeye
