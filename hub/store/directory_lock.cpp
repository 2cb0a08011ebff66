#include "hub/store/directory_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hub/store/store_error.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

std::string holder_of(int fd) {
    char text[32];
    const ssize_t length = ::pread(fd, text, sizeof text, 0);
    if (length <= 0) return "an unknown process";
    std::string pid(text, static_cast<std::size_t>(length));
    return "process " + pid.substr(0, pid.find('\n'));
}

}  // namespace

directory_lock::directory_lock(const std::string& directory) {
    if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST)
        throw error::from_errno(errno, "make the data directory", directory);
    const std::string name = directory + "/lock";
    file_ = unique_fd(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file_) throw error::from_errno(errno, "open", name);
    if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK) throw error::from_errno(errno, "lock", name);
        throw error(store_errc::in_use, "open the data directory",
                    directory + " (held by " + holder_of(file_.get()) + ")");
    }
    // Only for people: a full disk must not keep the store from opening.
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file_.get(), 0) == 0 && ::pwrite(file_.get(), pid.data(), pid.size(), 0) < 0)
        errno = 0;
}

}  // namespace sockeye::hub
