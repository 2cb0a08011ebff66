// A file descriptor with one owner, who closes it.
#pragma once

#include <utility>

namespace sockeye {

class unique_fd {
  public:
    unique_fd() noexcept = default;
    // Takes ownership; a negative number owns nothing.
    explicit unique_fd(int fd) noexcept : fd_(fd) {}
    unique_fd(unique_fd&& other) noexcept : fd_(other.release()) {}
    unique_fd& operator=(unique_fd&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~unique_fd() { reset(); }

    // The descriptor, still owned; -1 when there is none.
    int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

    // Gives the descriptor to the caller, who must close it.
    [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

    // Closes what it owns and owns `fd` instead. close(2) may report an error, and it is ignored by
    // decision: Linux frees the descriptor in every case, so that trying again could close a
    // stranger's, and whoever needs his data on disk calls fsync before, where an error can still
    // be acted upon. errno keeps its value.
    void reset(int fd = -1) noexcept;

  private:
    int fd_ = -1;
};

}  // namespace sockeye
