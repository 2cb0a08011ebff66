#include "sockeye/runtime/run.hpp"

#include <csignal>
#include <cstdlib>
#include <gtest/gtest.h>
#include <set>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "sockeye/runtime/channel.hpp"
#include "sockeye/runtime/loop_rig.hpp"
#include "sockeye/runtime/task_group.hpp"
#include "sockeye/runtime/time.hpp"

namespace sockeye {
namespace {

using namespace std::chrono_literals;

// The exit status of a child process that runs `main`, as waitpid gives it. `signals` are sent to
// it 50 ms apart.
int status_of(task<> (*main)(), std::initializer_list<int> signals = {}, unsigned threads = 1) {
    const pid_t child = ::fork();
    if (child == 0) {
        run_options options;
        options.threads = threads;
        ::close(STDERR_FILENO);
        ::_exit(run(main(), options));
    }
    for (const int number : signals) {
        ::usleep(200'000);
        ::kill(child, number);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}
int exit_code(int status) {
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

task<> ends() {
    co_return;
}
task<> throws_error() {
    throw error::from_errno(ECONNREFUSED, "connect", "nobody");
    co_return;
}
task<> throws_anything() {
    throw 42;
    co_return;
}
task<> sleeps() {
    co_await sleep(20s);
}
task<> says_goodbye() {
    try {
        co_await sleep(20s);
    } catch (const error&) {
    }
}
task<> is_stubborn() {
    const auto shelter = co_await shield();
    co_await sleep(20s);
}

TEST(run, gives_what_main_should_return) {
    EXPECT_EQ(exit_code(status_of(ends)), 0);
    EXPECT_EQ(exit_code(status_of(ends, {}, 3)), 0);
    EXPECT_EQ(exit_code(status_of(throws_error)), 1);
    EXPECT_EQ(exit_code(status_of(throws_anything)), 1);
}

TEST(run, a_signal_cancels_main) {
    EXPECT_EQ(exit_code(status_of(sleeps, {SIGTERM})), 128 + SIGTERM);
    EXPECT_EQ(exit_code(status_of(sleeps, {SIGINT}, 2)), 128 + SIGINT);
    EXPECT_EQ(exit_code(status_of(says_goodbye, {SIGTERM})), 0);
}

TEST(run, a_second_signal_ends_the_process) {
    const int status = status_of(is_stubborn, {SIGTERM, SIGTERM});
    EXPECT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(WTERMSIG(status), SIGTERM);
}

task<> note_thread(std::thread::id* where) {
    co_await yield();
    *where = std::this_thread::get_id();
}
task<> throw_there() {
    co_await yield();
    throw std::runtime_error("over there");
}
task<> sleep_there(bool* was_cancelled) {
    try {
        co_await sleep(1h);
    } catch (const error& e) {
        *was_cancelled = e.is_cancelled();
        throw;
    }
}
task<> across_loops() {
    EXPECT_EQ(all_loops().size(), 3u);
    EXPECT_EQ(all_loops()[0], &loop::current());
    std::set<std::thread::id> threads;
    for (loop* each : all_loops()) {
        std::thread::id where;
        co_await run_on(*each, note_thread(&where));
        threads.insert(where);
        std::string caught;
        try {
            co_await run_on(*each, throw_there());
        } catch (const std::runtime_error& e) {
            caught = e.what();
        }
        EXPECT_EQ(caught, "over there");
        bool was_cancelled = false;
        const std::string end =
            co_await ending_of(as_task(timeout(10ms, run_on(*each, sleep_there(&was_cancelled)))));
        EXPECT_TRUE(was_cancelled);
        EXPECT_NE(end, "");
    }
    EXPECT_EQ(threads.size(), 3u);
}
TEST(run, runs_tasks_on_other_loops) {
    run_options options;
    options.threads = 3;
    EXPECT_EQ(run(across_loops(), options), 0);
    EXPECT_TRUE(all_loops().empty());
}

task<> many_there_and_back(loop* other) {
    for (int i = 0; i < 200; ++i) {
        std::thread::id where;
        co_await run_on(*other, note_thread(&where));
    }
}
TEST(run, many_tasks_cross_at_once) {
    run_options options;
    options.threads = 2;
    EXPECT_EQ(run(with_group([](task_group& group) -> task<> {
                      for (int i = 0; i < 20; ++i) group.spawn(many_there_and_back, all_loops()[1]);
                      co_return;
                  }),
                  options),
              0);
}

TEST(run, starts_and_stops_often) {
    run_options options;
    options.threads = 3;
    for (int i = 0; i < 30; ++i) EXPECT_EQ(run(ends(), options), 0);
}

}  // namespace
}  // namespace sockeye
