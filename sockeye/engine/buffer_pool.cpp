#include "sockeye/engine/buffer_pool.hpp"

#include <cerrno>
#include <sys/mman.h>

#include "sockeye/core/error.hpp"

namespace sockeye {

buffer_pool::owner buffer_pool::make(std::size_t slot_size, unsigned slot_count, slot_freed freed,
                                     void* context) {
    return owner(new buffer_pool(slot_size, slot_count, freed, context));
}

buffer_pool::buffer_pool(std::size_t slot_size, unsigned slot_count, slot_freed freed,
                         void* context)
    : slot_size_(slot_size),
      slot_count_(slot_count),
      slots_(new slot_state[slot_count]),
      freed_(freed),
      context_(context) {
    void* memory = ::mmap(nullptr, slot_size * slot_count, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw error::from_errno(errno, "allocate receive buffers");
    memory_ = static_cast<std::byte*>(memory);
}

buffer_pool::~buffer_pool() {
    ::munmap(memory_, slot_size_ * slot_count_);
}

void buffer_pool::abandon() noexcept {
    freed_ = nullptr;
    if (lent_ == 0) delete this;
}

buffer buffer_pool::deliver(unsigned slot, std::size_t offset, std::size_t size) {
    std::byte* data = slot_data(slot) + offset;
    if (pinned_ > slot_count_ / 2) {
        ++copied_;
        return buffer::copy_of({data, size});
    }
    ++slots_[slot].leases;
    ++lent_;
    return {data, size, *this};
}

void buffer_pool::filled(unsigned slot) noexcept {
    slots_[slot].is_filled = true;
    if (slots_[slot].leases == 0)
        release(slot);
    else
        ++pinned_;
}

void buffer_pool::give_back(std::byte* base) noexcept {
    const auto slot = static_cast<unsigned>(static_cast<std::size_t>(base - memory_) / slot_size_);
    --lent_;
    if (--slots_[slot].leases == 0 && slots_[slot].is_filled) {
        --pinned_;
        release(slot);
    }
    if (lent_ == 0 && !freed_) delete this;
}

void buffer_pool::release(unsigned slot) noexcept {
    slots_[slot].is_filled = false;
    if (freed_) freed_(context_, slot);
}

}  // namespace sockeye
