#include "sockeye/protocols/http1/output_queue.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace sockeye::http1 {

char* output_queue::reserve(std::size_t size) {
    if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < size) {
        std::size_t capacity = std::max(size, block_size);
        auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
        // A block with nothing to send has no place in the order.
        if (!blocks_.empty() && blocks_.back().unsent == 0) blocks_.pop_back();
        blocks_.push_back({std::move(bytes), capacity, 0, 0});
    }
    return blocks_.back().bytes.get() + blocks_.back().used;
}

void output_queue::commit(std::size_t size) {
    if (size == 0) return;
    block& target = blocks_.back();
    const char* start = target.bytes.get() + target.used;
    assert(target.capacity - target.used >= size);
    target.used += size;
    target.unsent += size;
    size_ += size;
    bool follows = first_ < segments_.size() && owners_.back().empty() &&
                   segments_.back().text().end() == start;
    if (follows) {
        segments_.back() = {segments_.back().data(), segments_.back().size() + size};
        return;
    }
    segments_.push_back({start, size});
    owners_.emplace_back();
}

void output_queue::append(bytes_view copied) {
    if (copied.empty()) return;
    std::memcpy(reserve(copied.size()), copied.data(), copied.size());
    commit(copied.size());
}

void output_queue::append(const shared_bytes& bytes) {
    if (bytes.size() <= largest_copied) return append(bytes.view());
    segments_.push_back(bytes.view());
    owners_.push_back(bytes);
    size_ += bytes.size();
}

void output_queue::sent_from_block(std::size_t size) {
    while (size > 0) {
        block& oldest = blocks_.front();
        std::size_t part = std::min(size, oldest.unsent);
        oldest.unsent -= part;
        size -= part;
        if (oldest.unsent > 0) return;
        if (blocks_.size() > 1)
            blocks_.erase(blocks_.begin());
        else
            oldest.used = 0;
    }
}

void output_queue::consumed(std::size_t size) {
    assert(size <= size_);
    size_ -= size;
    std::size_t from_blocks = 0;
    while (size > 0) {
        bytes_view& front = segments_[first_];
        std::size_t part = std::min(size, front.size());
        if (owners_[first_].empty()) from_blocks += part;
        size -= part;
        front = front.without_first(part);
        if (front.empty()) owners_[first_++] = {};
    }
    sent_from_block(from_blocks);
    forget_sent();
}

// Keeps the lists short, also when the queue is never empty.
void output_queue::forget_sent() {
    constexpr std::size_t worth_moving = 64;
    if (first_ < segments_.size() && (first_ < worth_moving || first_ < segments_.size() / 2))
        return;
    auto sent = static_cast<std::ptrdiff_t>(first_);
    segments_.erase(segments_.begin(), segments_.begin() + sent);
    owners_.erase(owners_.begin(), owners_.begin() + sent);
    first_ = 0;
}

void output_queue::release_memory() {
    if (!empty()) return;
    std::vector<bytes_view>().swap(segments_);
    std::vector<shared_bytes>().swap(owners_);
    std::vector<block>().swap(blocks_);
    first_ = 0;
}

}  // namespace sockeye::http1
