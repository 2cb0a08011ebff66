// Waits on the calling thread for the end of one publication.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <expected>
#include <mutex>
#include <span>

#include "hub/store/publication.hpp"

namespace sockeye::hub {

class waiter final : public publish_listener {
  public:
    void on_published(std::span<const publish_result> results) noexcept override;
    // The id, or why there is none.
    std::expected<std::int64_t, store_failure> wait();

  private:
    std::mutex mutex_;
    std::condition_variable ended_;
    bool has_ended_ = false;
    std::int64_t id_ = 0;
    store_failure failure_;
};

}  // namespace sockeye::hub
