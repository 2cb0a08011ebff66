// Signals as something to wait for.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "sockeye/runtime/task.hpp"

namespace sockeye {

// Takes the given signals from the process's ordinary handling, for the thread that makes it and
// those it starts later, and gives them back one by one: signalfd(2). Made inside a loop and used
// there; on its end the thread's signal mask is what it was. Throws `error`.
class signals {
  public:
    explicit signals(std::initializer_list<int> numbers);
    ~signals();
    signals(const signals&) = delete;
    signals& operator=(const signals&) = delete;

    // The number of the next signal that has arrived.
    task<int> next();

  private:
    int handle_;
    alignas(8) std::byte mask_before_[128];  // a sigset_t
};

}  // namespace sockeye
