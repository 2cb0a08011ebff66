#include "sockeye/runtime/signals.hpp"

#include <cerrno>
#include <csignal>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "sockeye/core/error.hpp"
#include "sockeye/core/unique_fd.hpp"
#include "sockeye/runtime/loop.hpp"
#include "sockeye/runtime/poll.hpp"

namespace sockeye {

signals::signals(std::initializer_list<int> numbers) {
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : numbers) ::sigaddset(&wanted, number);
    unique_fd fd(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!fd) throw error::from_errno(errno, "signalfd");
    handle_ = loop::current().engine().adopt(fd.get());
    check(handle_, "wait for signals");
    [[maybe_unused]] const int adopted = fd.release();
    static_assert(sizeof(sigset_t) <= sizeof mask_before_);
    ::pthread_sigmask(SIG_BLOCK, &wanted, reinterpret_cast<sigset_t*>(mask_before_));
}

signals::~signals() {
    ::pthread_sigmask(SIG_SETMASK, reinterpret_cast<sigset_t*>(mask_before_), nullptr);
    loop::current().engine().close(static_cast<handle>(handle_));
}

task<int> signals::next() {
    for (;;) {
        signalfd_siginfo info;
        const ssize_t size = ::read(handle_, &info, sizeof info);
        if (size == sizeof info) co_return static_cast<int>(info.ssi_signo);
        if (size < 0 && errno != EAGAIN && errno != EINTR)
            throw error::from_errno(errno, "read a signal");
        co_await poll_awaiter(static_cast<handle>(handle_), POLLIN, "a signal");
    }
}

}  // namespace sockeye
