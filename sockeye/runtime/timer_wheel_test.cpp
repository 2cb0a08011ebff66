#include "sockeye/runtime/timer_wheel.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <vector>

namespace sockeye {
namespace {

using namespace std::chrono_literals;

constexpr duration tick{1 << 16};

time_point at(duration since_start) {
    return time_point(since_start);
}

struct tested_timer : timer {
    tested_timer() noexcept
        : timer([](timer& t) noexcept { ++static_cast<tested_timer&>(t).fired; }) {}
    int fired = 0;
    time_point deadline;
};

TEST(timer_wheel, is_never_early_and_at_most_a_tick_late) {
    for (const duration wait : {1ns, 65535ns, 65536ns, 65537ns, duration(1ms), duration(5s),
                                duration(1h), duration(24h * 365)}) {
        timer_wheel wheel(at(123456789ns));
        tested_timer t;
        const time_point deadline = at(123456789ns + wait);
        wheel.set(t, deadline);
        EXPECT_LE(wheel.next(), deadline + tick);
        wheel.advance(deadline - 1ns);
        EXPECT_EQ(t.fired, 0) << wait.count();
        // Whoever sleeps until `next` each time gets there without going past it.
        time_point now = deadline - 1ns;
        for (int i = 0; i < 10 && !t.fired; ++i) wheel.advance(now = wheel.next());
        EXPECT_EQ(t.fired, 1) << wait.count();
        EXPECT_LE(now, deadline + tick);
        EXPECT_EQ(wheel.count(), 0u);
        EXPECT_EQ(wheel.next(), time_point::max());
    }
}

TEST(timer_wheel, the_end_of_time_never_comes_and_wakes_nobody) {
    timer_wheel wheel(at(0ns));
    tested_timer t;
    wheel.set(t, time_point::max());
    EXPECT_GT(wheel.next(), at(24h * 365 * 100));
    wheel.advance(at(24h * 365 * 100));
    EXPECT_EQ(t.fired, 0);
    wheel.cancel(t);
}

TEST(timer_wheel, a_timer_may_set_itself_and_cancel_its_neighbour) {
    struct chain : timer {
        chain() noexcept : timer(next) {}
        static void next(timer& t) noexcept {
            auto& self = static_cast<chain&>(t);
            self.wheel->cancel(*self.neighbour);
            if (++self.fired < 3) self.wheel->set(self, at(self.fired * 1ms));
        }
        timer_wheel* wheel;
        timer* neighbour;
        int fired = 0;
    };
    timer_wheel wheel(at(0ns));
    chain first;
    tested_timer neighbour;
    first.wheel = &wheel;
    first.neighbour = &neighbour;
    wheel.set(first, at(100us));
    wheel.set(neighbour, at(100us));
    wheel.advance(at(200us));
    EXPECT_EQ(first.fired, 1);
    wheel.advance(at(10ms));
    EXPECT_EQ(first.fired, 3);
    EXPECT_EQ(neighbour.fired, 0);
    EXPECT_EQ(wheel.count(), 0u);
}

// Random operations beside a plain list.
class model {
  public:
    explicit model(unsigned seed) : random_(seed), timers_(200) {
        now_ = duration(static_cast<std::int64_t>(random_() % (std::uint64_t{1} << 60)));
        wheel_ = std::make_unique<timer_wheel>(at(now_));
    }

    void step() {
        tested_timer& t = timers_[random_() % timers_.size()];
        switch (random_() % 4) {
            case 0:
            case 1:
                t.deadline = at(now_ + any_duration() - 1ms);
                t.fired = 0;
                wheel_->set(t, t.deadline);
                // One in the past counts from now.
                t.deadline = std::max(t.deadline, at(now_));
                break;
            case 2:
                wheel_->cancel(t);
                EXPECT_FALSE(t.is_set());
                break;
            default:
                advance(random_() % 2 ? any_duration() : sleep());
        }
        const auto set = std::ranges::count_if(timers_, [](auto& each) { return each.is_set(); });
        EXPECT_EQ(wheel_->count(), static_cast<std::uint64_t>(set));
    }

  private:
    // From nanoseconds to a century, each size as likely.
    duration any_duration() {
        return duration(static_cast<std::int64_t>(random_() >> (2 + random_() % 60)) &
                        0xfffffffffffffff);
    }
    duration sleep() {
        const time_point next = wheel_->next();
        return next == time_point::max() ? duration(0) : std::max(next - at(now_), duration(0));
    }
    void advance(duration by) {
        now_ = std::min<duration>(now_ + by, duration(std::int64_t{1} << 62));
        std::vector<bool> was_set;
        for (tested_timer& t : timers_) was_set.push_back(t.is_set());
        wheel_->advance(at(now_));
        for (std::size_t i = 0; i < timers_.size(); ++i) {
            tested_timer& t = timers_[i];
            if (!was_set[i]) continue;
            if (t.fired) {
                EXPECT_EQ(t.fired, 1);
                EXPECT_LE(t.deadline, at(now_)) << "early";
                EXPECT_FALSE(t.is_set());
            } else {
                EXPECT_GT(t.deadline + tick, at(now_)) << "late";
            }
            t.fired = 0;
        }
    }

    std::mt19937_64 random_;
    duration now_{0};
    std::vector<tested_timer> timers_;
    std::unique_ptr<timer_wheel> wheel_;

  public:
    ~model() {
        for (tested_timer& t : timers_) wheel_->cancel(t);
    }
};

TEST(timer_wheel, does_what_a_sorted_list_does) {
    for (unsigned seed = 0; seed < 20; ++seed) {
        model both(seed);
        for (int i = 0; i < 3000 && !testing::Test::HasFailure(); ++i) both.step();
        ASSERT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
    }
}

}  // namespace
}  // namespace sockeye
