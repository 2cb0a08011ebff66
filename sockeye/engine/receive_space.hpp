// Receive buffers for an engine that copies, or lets a system call copy, into one slot behind
// another: the free place, and the leases on what was put there.
#pragma once

#include <span>
#include <vector>

#include "sockeye/engine/buffer_pool.hpp"

namespace sockeye {

class receive_space {
  public:
    // 4 MiB for each loop.
    static constexpr unsigned slot_count = 64;
    static constexpr std::size_t slot_size = 64 * 1024;

    receive_space() : pool_(buffer_pool::make(slot_size, slot_count, slot_freed, this)) {
        free_slots_.reserve(slot_count);
        for (unsigned slot = slot_count; slot-- > 1;) free_slots_.push_back(slot);
    }
    receive_space(const receive_space&) = delete;
    receive_space& operator=(const receive_space&) = delete;

    // Where the next bytes go. A slot that nobody holds any more is used from its start again: its
    // first lines are still in the nearest cache.
    std::span<std::byte> free_part() noexcept {
        if (!pool_->is_leased(slot_)) used_ = 0;
        return {pool_->slot_data(slot_) + used_, room()};
    }
    // Lends the first `size` bytes that were put there.
    buffer take(std::size_t size) {
        buffer data = pool_->deliver(slot_, used_, size);
        used_ += size;
        if (room() < least_room) open_slot();
        return data;
    }

    std::uint64_t lent() const noexcept { return pool_->lent(); }
    std::uint64_t copied() const noexcept { return pool_->copied(); }

  private:
    // A slot with less room than this is closed: a read should get what there is in one call.
    static constexpr std::size_t least_room = 8 * 1024;

    std::size_t room() const noexcept { return slot_size - used_; }
    static void slot_freed(void* self, unsigned slot) noexcept {
        static_cast<receive_space*>(self)->free_slots_.push_back(slot);
    }
    // There is always a free slot: once leases pin half of them, deliveries are copies.
    void open_slot() noexcept {
        pool_->filled(slot_);
        slot_ = free_slots_.back();
        free_slots_.pop_back();
        used_ = 0;
    }

    std::vector<unsigned> free_slots_;
    buffer_pool::owner pool_;
    unsigned slot_ = 0;
    std::size_t used_ = 0;
};

}  // namespace sockeye
