// Bytes that came in and are not used up: the caller's own as long as they last, or a copy.
#pragma once

#include <cstddef>
#include <string>

#include "sockeye/core/bytes.hpp"

namespace sockeye::http1 {

class input_queue {
  public:
    input_queue() = default;
    input_queue(const input_queue&) = delete;
    input_queue& operator=(const input_queue&) = delete;

    // Borrows `bytes`, or copies them where earlier ones are left.
    void add(bytes_view bytes) {
        if (unread_.empty()) {
            unread_ = bytes;
            is_kept_ = false;
            return;
        }
        keep();
        kept_.append(bytes.text());
        unread_ = kept_;
    }

    // Copies what is borrowed and not used up, so that the caller's bytes may go.
    void keep() {
        if (is_kept_)
            kept_.erase(0, kept_.size() - unread_.size());
        else
            kept_.assign(unread_.text());
        unread_ = kept_;
        is_kept_ = true;
    }

    // What is left; whoever uses bytes up takes them off its front.
    bytes_view& unread() noexcept { return unread_; }
    const bytes_view& unread() const noexcept { return unread_; }
    void release_memory() {
        if (unread_.empty()) std::string().swap(kept_);
    }

  private:
    bytes_view unread_;
    std::string kept_;
    bool is_kept_ = false;
};

}  // namespace sockeye::http1
