// What only engines over the real kernel can be asked: descriptors, threads, fork, refusals.
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "sockeye/core/error.hpp"
#include "sockeye/core/unique_fd.hpp"
#include "sockeye/engine/engine_rig_test.hpp"

namespace sockeye {

namespace {

using namespace std::chrono_literals;

class kernel_engines : public engine_test, public testing::WithParamInterface<std::string> {
  protected:
    void SetUp() override { use(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(engines, kernel_engines, testing::Values("uring", "epoll"),
                         [](const auto& info) { return info.param; });

// ThreadSanitizer does not support a child of a process with several threads.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SOCKEYE_THREAD_SANITIZER 1
#endif
#endif
#if defined(SOCKEYE_THREAD_SANITIZER) || defined(__SANITIZE_THREAD__)
constexpr bool under_thread_sanitizer = true;
#else
constexpr bool under_thread_sanitizer = false;
#endif

// Runs `body` in a child of this process; its exit status.
template <class Body>
int in_child(Body body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_P(kernel_engines, detach_gives_back_what_was_never_read) {
    const auto [a, b] = rig->local_pair();
    EXPECT_EQ(send(a, "x"), 1);
    EXPECT_EQ(recv(b), "x");
    EXPECT_EQ(e().detach(b), -EBUSY);
    const int fd = e().detach(a);
    ASSERT_GE(fd, 0);
    EXPECT_EQ(::write(fd, "y", 1), 1);
    ::close(fd);
    EXPECT_EQ(recv(b), "y");
    EXPECT_EQ(recv(b), "");
}

TEST_P(kernel_engines, adopt_refuses_what_is_not_open) {
    EXPECT_EQ(e().adopt(19'999), -EBADF);
}

TEST_P(kernel_engines, accept_without_descriptors_fails_and_recovers) {
    const listening listener = listen();
    const handle client = open_stream();
    counted<connect_operation> connecting;
    connecting.peer = listener.at;
    start(connecting, [&] { return e().connect(client, connecting); });
    EXPECT_EQ(wait(connecting), 0);
    rlimit before;
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit none = before;
    none.rlim_cur = 0;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    counted<accept_operation> accepting;
    start(accepting, [&] { return e().accept(listener.socket, accepting); });
    const std::int64_t result = wait(accepting);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_EQ(result, -EMFILE);
    start(accepting, [&] { return e().accept(listener.socket, accepting); });
    EXPECT_GT(wait(accepting), 0);
}

TEST_P(kernel_engines, a_wake_from_another_thread_ends_a_sleep) {
    for (int i = 0; i < 20; ++i) {
        const time_point start = e().now();
        std::thread waker([&] {
            std::this_thread::sleep_for(2ms);
            e().wake();
        });
        e().run_once(start + 20s, i % 2 ? duration(1s) : duration::zero());
        EXPECT_LT(e().now() - start, 10s);
        waker.join();
    }
}

TEST_P(kernel_engines, no_wake_is_lost) {
    constexpr int rounds = 5000;
    std::atomic<int> asked = 0;
    std::atomic<int> seen = 0;
    std::thread waker([&] {
        for (int i = 1; i <= rounds; ++i) {
            asked.store(i);
            e().wake();
            while (seen.load() < i) std::this_thread::yield();
        }
    });
    const time_point limit = e().now() + 60s;
    while (seen.load() < rounds && e().now() < limit) {
        e().run_once(limit, duration::zero());
        seen.store(asked.load());
    }
    EXPECT_LT(e().now(), limit) << "slept through a wake";
    seen.store(rounds);
    waker.join();
}

TEST_P(kernel_engines, blocking_functions_run_beside_each_other) {
    // Each waits for the other, so that one thread would never end.
    std::atomic<int> here = 0;
    counted<blocking_operation> working[3];
    for (auto& op : working) {
        op.context = &here;
        op.work = [](void* context) noexcept -> std::int64_t {
            auto& count = *static_cast<std::atomic<int>*>(context);
            ++count;
            const auto limit = clock::now() + 10s;
            while (count < 3 && clock::now() < limit) std::this_thread::yield();
            return count;
        };
        start(op, [&] { return e().blocking(op); });
    }
    for (auto& op : working) EXPECT_EQ(wait(op), 3);
}

TEST_P(kernel_engines, what_the_pool_has_not_begun_can_be_cancelled) {
    std::atomic<bool> may_end = false;
    counted<blocking_operation> working[6];
    for (auto& op : working) {
        op.context = &may_end;
        op.work = [](void* context) noexcept -> std::int64_t {
            while (!*static_cast<std::atomic<bool>*>(context)) std::this_thread::yield();
            return 1;
        };
        start(op, [&] { return e().blocking(op); });
    }
    cancel(working[5]);
    EXPECT_EQ(wait(working[5]), -ECANCELED);
    may_end = true;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(wait(working[i]), 1);
}

TEST_P(kernel_engines, a_terminal_in_non_blocking_mode_is_waited_for) {
    unique_fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
    if (!master) GTEST_SKIP() << "no terminals here";
    ASSERT_EQ(::grantpt(master.get()), 0);
    ASSERT_EQ(::unlockpt(master.get()), 0);
    const unique_fd slave(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
    const auto h = static_cast<handle>(e().adopt(master.release()));
    counted<recv_operation> reading;
    start_recv(h, reading);
    settle();
    const std::uint64_t before = e().counters().waits;
    const time_point end = e().now() + 50ms;
    while (e().now() < end) e().run_once(end, duration::zero());
    EXPECT_LE(e().counters().waits - before, 3u);
    ASSERT_EQ(::write(slave.get(), "typed", 5), 5);
    EXPECT_EQ(wait(reading), 5);
    EXPECT_EQ(reading.data.text(), "typed");
    e().close(h);
    EXPECT_TRUE(run_until([&] { return !e().busy(); }));
}

TEST_P(kernel_engines, a_forked_child_leaves_its_parents_engine_alone) {
    const auto [a, b] = stream_pair();
    if (!under_thread_sanitizer) {
        counted<blocking_operation> working;
        working.work = [](void*) noexcept -> std::int64_t { return 5; };
        start(working, [&] { return e().blocking(working); });
        EXPECT_EQ(wait(working), 5);
    }
    counted<recv_operation> reading;
    start_recv(b, reading);
    settle();
    EXPECT_EQ(in_child([&] {
                  rig->end();
                  // A child may have an engine of its own.
                  use(GetParam());
                  const auto [c, d] = stream_pair();
                  return send(c, "child") == 5 && recv_exactly(d, 5) == "child" ? 0 : 1;
              }),
              0);
    EXPECT_FALSE(reading.has_ended());
    EXPECT_EQ(send(a, "still mine"), 10);
    EXPECT_EQ(wait(reading), 10);
    EXPECT_EQ(reading.data.text(), "still mine");
}

// --- which engine

void refuse_io_uring(std::uint32_t error) {
    sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const sock_fprog program = {std::size(code), code};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) ::_exit(90);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(91);
}

TEST(make_engine, takes_epoll_where_io_uring_is_refused_and_says_so_once) {
    for (const int error : {EPERM, ENOSYS}) {
        int fds[2];
        ASSERT_EQ(::pipe(fds), 0);
        EXPECT_EQ(in_child([&] {
                      ::dup2(fds[1], STDERR_FILENO);
                      ::unsetenv("SOCKEYE_ENGINE");
                      refuse_io_uring(static_cast<std::uint32_t>(error));
                      const auto first = make_engine();
                      const auto second = make_engine();
                      return first->name() == "epoll" && second->name() == "epoll" ? 0 : 1;
                  }),
                  0);
        ::close(fds[1]);
        char said[1000];
        const ssize_t size = ::read(fds[0], said, sizeof said);
        ASSERT_GT(size, 0);
        const std::string text(said, static_cast<std::size_t>(size));
        EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
        EXPECT_NE(text.find("io_uring_setup"), std::string::npos) << text;
        ::close(fds[0]);
    }
}

TEST(make_engine, does_not_replace_an_engine_asked_for_by_name) {
    EXPECT_EQ(in_child([] {
                  refuse_io_uring(EPERM);
                  try {
                      make_engine(engine_choice::uring);
                  } catch (const error& reason) {
                      return reason.code().value() == EPERM ? 0 : 2;
                  }
                  return 1;
              }),
              0);
}

// The exit code of a child that makes an engine where SOCKEYE_ENGINE is `value`.
int outcome_with_environment(const std::string& value, std::string_view expected) {
    return in_child([&] {
        ::setenv("SOCKEYE_ENGINE", value.c_str(), 1);
        try {
            return make_engine()->name() == expected ? 10 : 11;
        } catch (const error&) {
            return 12;
        }
    });
}

TEST_P(kernel_engines, is_made_where_the_environment_names_it) {
    EXPECT_EQ(outcome_with_environment(GetParam(), GetParam()), 10);
}

TEST(make_engine, refuses_an_engine_that_the_environment_misspells) {
    EXPECT_EQ(outcome_with_environment("kqueue", ""), 12);
}

}  // namespace

}  // namespace sockeye
