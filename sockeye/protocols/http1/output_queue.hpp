// What is to be sent: small texts in blocks of our own, and shared bodies that are not copied.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "sockeye/core/bytes.hpp"

namespace sockeye::http1 {

// Bytes never move once they are in the queue, so a send may be under way while more is added.
// Blocks are used again: nothing is allocated in a steady state.
class output_queue {
  public:
    // Room for `size` bytes in one piece, until the next call of any function here.
    char* reserve(std::size_t size);
    // The first `size` bytes of the room are part of the queue now.
    void commit(std::size_t size);
    void append(bytes_view copied);
    // Not copied unless it is small.
    void append(const shared_bytes& bytes);

    // All that is queued, in order. The list is good until the queue changes; the bytes that it
    // shows until they are consumed.
    std::span<const bytes_view> segments() const noexcept {
        return std::span(segments_).subspan(first_);
    }
    // The first `size` bytes have been sent. `size` is at most size().
    void consumed(std::size_t size);
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    // Frees what only waits to be used again.
    void release_memory();

  private:
    struct block {
        std::unique_ptr<char[]> bytes;
        std::size_t capacity;
        std::size_t used;
        std::size_t unsent;
    };
    static constexpr std::size_t block_size = 4096;
    static constexpr std::size_t largest_copied = 512;

    void sent_from_block(std::size_t size);
    void forget_sent();

    std::vector<bytes_view> segments_;
    std::vector<shared_bytes> owners_;  // beside segments_; an empty one means a block's bytes
    std::vector<block> blocks_;         // in the order of sending; the last one is written to
    std::size_t first_ = 0;
    std::size_t size_ = 0;
};

}  // namespace sockeye::http1
