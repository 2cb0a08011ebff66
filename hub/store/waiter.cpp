#include "hub/store/waiter.hpp"

#include <string>
#include <utility>

namespace sockeye::hub {

void waiter::on_published(std::span<const publish_result> results) noexcept {
    const publish_result& result = results.front();
    // Notified under the lock: once it is free, the waiter may be gone.
    const std::lock_guard lock(mutex_);
    id_ = result.id;
    if (id_ == 0) failure_ = {result.status, std::string(result.reason)};
    has_ended_ = true;
    ended_.notify_one();
}

std::expected<std::int64_t, store_failure> waiter::wait() {
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [&] { return has_ended_; });
    if (id_ == 0) return std::unexpected(std::move(failure_));
    return id_;
}

}  // namespace sockeye::hub
