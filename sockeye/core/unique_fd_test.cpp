#include "sockeye/core/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <type_traits>

namespace sockeye {
namespace {

int open_one() {
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}
bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(unique_fd, closes_what_it_owns_once) {
    int fd = open_one();
    {
        unique_fd owner(fd);
        unique_fd next(std::move(owner));
        EXPECT_EQ(owner.get(), -1);
        EXPECT_FALSE(owner);
        EXPECT_TRUE(next);
        EXPECT_TRUE(is_open(fd));
    }
    EXPECT_FALSE(is_open(fd));
    static_assert(!std::is_copy_constructible_v<unique_fd>);
}

TEST(unique_fd, assignment_closes_the_old_one) {
    int first = open_one();
    int second = open_one();
    unique_fd owner(first);
    owner = unique_fd(second);
    EXPECT_FALSE(is_open(first));
    EXPECT_TRUE(is_open(second));
    unique_fd& same = owner;
    owner = std::move(same);
    EXPECT_TRUE(is_open(second));
}

TEST(unique_fd, release_gives_the_duty_away) {
    unique_fd owner(open_one());
    int fd = owner.release();
    owner.reset();
    EXPECT_TRUE(is_open(fd));
    owner.reset(fd);
    owner.reset();
    EXPECT_FALSE(is_open(fd));
}

TEST(unique_fd, leaves_errno_alone) {
    unique_fd wrong(1'000'000);
    errno = ECONNREFUSED;
    wrong.reset();
    EXPECT_EQ(errno, ECONNREFUSED);
}

}  // namespace
}  // namespace sockeye
