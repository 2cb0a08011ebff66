#include "sockeye/core/unique_fd.hpp"

#include <cerrno>
#include <unistd.h>

namespace sockeye {

void unique_fd::reset(int fd) noexcept {
    int old = std::exchange(fd_, fd);
    if (old < 0) return;
    // Often runs while an exception with the real reason is on its way.
    int kept = errno;
    ::close(old);
    errno = kept;
}

}  // namespace sockeye
