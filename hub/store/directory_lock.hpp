// The data directory belongs to one process at a time.
#pragma once

#include <string>

#include "sockeye/core/unique_fd.hpp"

namespace sockeye::hub {

// Holds flock(2) on `<directory>/lock`, which tells the holder's process id. The kernel lets go
// when the process ends, however it ends.
class directory_lock {
  public:
    // Makes the directory (0700) when it is missing. Throws sockeye::error: who has it, or why not.
    explicit directory_lock(const std::string& directory);

  private:
    unique_fd file_;
};

}  // namespace sockeye::hub
