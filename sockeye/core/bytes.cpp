#include "sockeye/core/bytes.hpp"

#include <new>

namespace sockeye {

shared_bytes::shared_bytes(bytes_view bytes) {
    if (bytes.empty()) return;
    void* memory = ::operator new(sizeof(block) + bytes.size());
    block_ = new (memory) block{1, bytes.size()};
    std::memcpy(static_cast<void*>(block_ + 1), bytes.data(), bytes.size());
}

void shared_bytes::free_block() noexcept {
    block_->~block();
    ::operator delete(block_);
}

}  // namespace sockeye
