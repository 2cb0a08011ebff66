#include "sockeye/runtime/signals.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include "sockeye/runtime/expected.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

bool is_blocked(int number) {
    sigset_t mask;
    ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
    return ::sigismember(&mask, number) == 1;
}

task<> takes_signals() {
    EXPECT_FALSE(is_blocked(SIGUSR1));
    {
        signals wanted{SIGUSR1, SIGUSR2};
        ::pthread_kill(::pthread_self(), SIGUSR2);
        const int before = co_await wanted.next();
        EXPECT_EQ(before, SIGUSR2);
        ::pthread_kill(::pthread_self(), SIGUSR1);
        const int second = co_await timeout(5s, wanted.next());
        EXPECT_EQ(second, SIGUSR1);
        const auto none = co_await as_expected(timeout(1ms, wanted.next()));
        EXPECT_TRUE(!none && none.error().is_timeout());
    }
    EXPECT_FALSE(is_blocked(SIGUSR1));
}
TEST(signals, come_one_by_one) {
    on_the_kernel(takes_signals());
}

}  // namespace
}  // namespace sockeye
