// One loop's receive buffers: a fixed block of memory cut into slots. The kernel fills a slot from
// its start to its end, one delivery behind the other; each delivery is a lease on its part. A slot
// is free again when it is filled and its last lease has ended.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "sockeye/core/bytes.hpp"

namespace sockeye {

// Not thread-safe: it and its leases stay on one thread.
class buffer_pool final : public buffer_source {
  public:
    // Told of each slot that can be filled again.
    using slot_freed = void (*)(void* context, unsigned slot) noexcept;

    struct deleter {
        // Leases may outlive the engine: the last one to end then frees the memory.
        void operator()(buffer_pool* pool) const noexcept { pool->abandon(); }
    };
    using owner = std::unique_ptr<buffer_pool, deleter>;

    // Throws `error` when the memory cannot be had. All slots start free; nobody is told of that.
    static owner make(std::size_t slot_size, unsigned slot_count, slot_freed freed, void* context);

    std::byte* slot_data(unsigned slot) noexcept { return memory_ + slot * slot_size_; }
    std::size_t slot_size() const noexcept { return slot_size_; }
    unsigned slot_count() const noexcept { return slot_count_; }

    // Hands out a part of a slot. When leases already pin half of the slots, the bytes are copied
    // to memory of their own instead, so that a slow holder never starves the loop.
    buffer deliver(unsigned slot, std::size_t offset, std::size_t size);
    bool is_leased(unsigned slot) const noexcept { return slots_[slot].leases != 0; }
    // Nothing more will be put into the slot.
    void filled(unsigned slot) noexcept;

    void give_back(std::byte* base) noexcept override;

    std::uint64_t lent() const noexcept { return lent_; }
    std::uint64_t copied() const noexcept { return copied_; }

  private:
    struct slot_state {
        std::uint32_t leases = 0;
        bool is_filled = false;
    };

    buffer_pool(std::size_t slot_size, unsigned slot_count, slot_freed freed, void* context);
    ~buffer_pool();
    void abandon() noexcept;
    void release(unsigned slot) noexcept;

    std::byte* memory_ = nullptr;
    std::size_t slot_size_;
    unsigned slot_count_;
    unsigned pinned_ = 0;  // filled slots that a lease holds
    std::uint64_t lent_ = 0;
    std::uint64_t copied_ = 0;
    std::unique_ptr<slot_state[]> slots_;
    slot_freed freed_;
    void* context_;
};

}  // namespace sockeye
