// What must hold when the process is killed, the disk is full, or the disk fails.
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <signal.h>
#include <sqlite3.h>
#include <sstream>
#include <string>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "hub/store/files.hpp"
#include "hub/store/store.hpp"
#include "hub/store/test_directory.hpp"

namespace sockeye::hub {
namespace {

publication message(std::string payload) {
    publication what;
    what.topic = "t";
    what.payload = shared_bytes(payload);
    return what;
}

std::vector<shared_event> everything(store& log, const std::string& filter) {
    std::vector<shared_event> all;
    history_query query;
    query.filters = {filter};
    while (true) {
        const history_page page = log.history(query);
        all.insert(all.end(), page.events.begin(), page.events.end());
        if (page.complete) return all;
        query.since = page.next_since;
    }
}

// One line at a time: a pipe takes it whole.
void tell(int pipe, const std::string& line) {
    if (::write(pipe, line.data(), line.size()) != static_cast<ssize_t>(line.size())) ::_exit(3);
}

// The child: publishes and uploads, and tells each acknowledgement, until it is killed.
[[noreturn]] void publish_until_killed(const std::string& directory, int pipe, int round) {
    store log(directory);
    std::vector<std::thread> publishers;
    for (int p = 0; p < 4; ++p)
        publishers.emplace_back([&, p] {
            for (int i = 0;; ++i) {
                const std::string name =
                    std::to_string(round) + "-" + std::to_string(p) + "-" + std::to_string(i);
                publication what = message(name);
                what.idempotency_key = name;
                const auto id = log.publish_and_wait(what);
                if (id) tell(pipe, "event " + name + " " + std::to_string(*id) + "\n");
            }
        });
    for (int i = 0;; ++i) {
        const std::string name = std::to_string(round) + "-" + std::to_string(i);
        auto incoming = log.files().open_upload();
        if (!incoming || !incoming->write(name)) continue;
        file_publication what;
        what.path = name;
        const auto id = incoming->finish_and_wait(std::move(what));
        if (id) tell(pipe, "file " + name + " " + std::to_string(*id) + "\n");
    }
}

// What the child was told before it died, by kind and name.
std::map<std::string, std::int64_t> acknowledged_before_kill(const std::string& directory,
                                                             int round) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        publish_until_killed(directory, ends[1], round);
    }
    ::close(ends[1]);
    std::string told;
    char chunk[4096];
    // At least some work, then a moment that nobody chose.
    auto deadline = std::chrono::steady_clock::time_point::max();
    while (std::chrono::steady_clock::now() < deadline) {
        const ssize_t got = ::read(ends[0], chunk, sizeof chunk);
        if (got <= 0) break;
        told.append(chunk, static_cast<std::size_t>(got));
        if (deadline == std::chrono::steady_clock::time_point::max())
            deadline =
                std::chrono::steady_clock::now() + std::chrono::milliseconds(53 * round + 40);
    }
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    for (ssize_t got; (got = ::read(ends[0], chunk, sizeof chunk)) > 0;)
        told.append(chunk, static_cast<std::size_t>(got));
    ::close(ends[0]);
    std::map<std::string, std::int64_t> acknowledged;
    std::istringstream lines(told);
    std::string kind;
    std::string name;
    for (std::int64_t id; lines >> kind >> name >> id;) acknowledged[kind + " " + name] = id;
    return acknowledged;
}

TEST(durability, killed_under_load_nothing_acknowledged_is_lost_or_doubled) {
    const test_directory directory;
    std::map<std::string, std::int64_t> acknowledged;
    for (int round = 0; round < 5; ++round) {
        acknowledged.merge(acknowledged_before_kill(directory.data(), round));
        store log(directory.data());
        std::map<std::string, std::int64_t> found;
        for (const shared_event& e : everything(log, "#")) {
            const std::string name = e->file ? "file " + e->file->path
                                             : "event " + std::string(e->payload.view().text());
            EXPECT_TRUE(found.emplace(name, e->id).second) << name << " is doubled";
        }
        for (const auto& [name, id] : acknowledged) {
            ASSERT_TRUE(found.contains(name)) << name << " is lost";
            EXPECT_EQ(found[name], id);
            if (!name.starts_with("file ")) continue;
            const std::string path = name.substr(5);
            const auto file = log.files().open(path);
            ASSERT_TRUE(file) << file.error().reason;
            std::string content(path.size(), '\0');
            ASSERT_EQ(::pread(file->fd(), content.data(), content.size(), 0),
                      static_cast<ssize_t>(path.size()));
            EXPECT_EQ(content, path);
        }
        EXPECT_TRUE(std::filesystem::is_empty(directory.data() + "/uploads"));
    }
    EXPECT_GT(acknowledged.size(), 20u);
}

// Publishes until there is no room: how many were stored, and how the first refusal reads.
struct fill_result {
    std::int64_t stored = 0;
    store_failure refusal;
};
fill_result fill(store& log, std::size_t payload_bytes) {
    fill_result result;
    for (int i = 0; i < 100'000; ++i) {
        const auto id = log.publish_and_wait(message(std::string(payload_bytes, 'x')));
        if (!id) {
            result.refusal = id.error();
            return result;
        }
        ++result.stored;
    }
    return result;
}

TEST(durability, full_disk_refuses_and_recovers) {
    const test_directory directory;
    if (::mount("none", directory.path().c_str(), "tmpfs", 0, "size=4m") != 0)
        GTEST_SKIP() << "mounting a small file system needs root";
    struct unmount {
        const std::string& path;
        ~unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } const at_end{directory.path()};
    {
        std::ofstream ballast(directory.path() + "/ballast");
        ballast << std::string(1 << 20, 'b');
    }
    store log(directory.data());
    const fill_result filled = fill(log, 20'000);
    EXPECT_EQ(filled.refusal.status, store_status::no_space) << filled.refusal.reason;
    EXPECT_GT(filled.stored, 10);
    EXPECT_EQ(log.last_id(), filled.stored);
    EXPECT_FALSE(log.counters().failed);
    EXPECT_EQ(everything(log, "t").size(), static_cast<std::size_t>(filled.stored));
    auto incoming = log.files().open_upload();
    if (incoming) {
        const auto written = incoming->write(std::string(4 << 20, 'f'));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().status, store_status::no_space);
    }
    std::filesystem::remove(directory.path() + "/ballast");
    EXPECT_EQ(log.publish_and_wait(message(std::string(20'000, 'y'))), filled.stored + 1);
    EXPECT_EQ(everything(log, "t").size(), static_cast<std::size_t>(filled.stored) + 1);
}

// The same without privilege: the process may not write files beyond a size.
TEST(durability, file_size_limit_refuses_and_recovers) {
    const test_directory directory;
    store log(directory.data());
    ASSERT_TRUE(log.publish_and_wait(message("first")));
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 1 << 20;
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &tight), 0);
    const fill_result filled = fill(log, 200'000);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ(filled.refusal.status, store_status::no_space) << filled.refusal.reason;
    EXPECT_EQ(log.publish_and_wait(message("last")), filled.stored + 2);
    EXPECT_EQ(everything(log, "t").size(), static_cast<std::size_t>(filled.stored) + 2);
}

// SQLite's own file system, whose syncs fail when told to.
std::atomic<bool> syncs_fail{false};
sqlite3_io_methods failing_methods;
const sqlite3_io_methods* real_methods = nullptr;

int sync_or_fail(sqlite3_file* file, int flags) {
    if (syncs_fail) return SQLITE_IOERR_FSYNC;
    return real_methods->xSync(file, flags);
}

int open_with_failing_sync(sqlite3_vfs* self, sqlite3_filename name, sqlite3_file* file, int flags,
                           int* out_flags) {
    auto* real = static_cast<sqlite3_vfs*>(self->pAppData);
    const int code = real->xOpen(real, name, file, flags, out_flags);
    if (code != SQLITE_OK || !file->pMethods) return code;
    // The WAL is the file whose sync makes a commit durable.
    if (!(flags & SQLITE_OPEN_WAL)) return code;
    real_methods = file->pMethods;
    failing_methods = *real_methods;
    failing_methods.xSync = sync_or_fail;
    file->pMethods = &failing_methods;
    return code;
}

TEST(durability, a_failed_sync_is_final) {
    sqlite3_vfs* real = sqlite3_vfs_find(nullptr);
    sqlite3_vfs failing = *real;
    failing.zName = "failing-sync";
    failing.pAppData = real;
    failing.xOpen = open_with_failing_sync;
    ASSERT_EQ(sqlite3_vfs_register(&failing, 0), SQLITE_OK);
    const test_directory directory;
    {
        store_options options;
        options.vfs = failing.zName;
        store log(directory.data(), options);
        ASSERT_TRUE(log.publish_and_wait(message("good")));
        syncs_fail = true;
        const auto lost = log.publish_and_wait(message("lost"));
        ASSERT_FALSE(lost);
        EXPECT_EQ(lost.error().status, store_status::failed);
        syncs_fail = false;
        // The kernel may have dropped the pages: a later success would prove nothing.
        const auto later = log.publish_and_wait(message("later"));
        ASSERT_FALSE(later);
        EXPECT_EQ(later.error().status, store_status::failed);
        EXPECT_NE(later.error().reason.find("no more writes"), std::string::npos)
            << later.error().reason;
        EXPECT_TRUE(log.counters().failed);
        EXPECT_EQ(log.last_id(), 1);
        EXPECT_EQ(everything(log, "t").size(), 1u);  // reading goes on
    }
    sqlite3_vfs_unregister(&failing);
    store log(directory.data());
    EXPECT_EQ(everything(log, "t").front()->payload.view().text(), "good");
    EXPECT_TRUE(log.publish_and_wait(message("again")));
}

}  // namespace
}  // namespace sockeye::hub
