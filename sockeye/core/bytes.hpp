// Bytes: views of them, buffers that own or borrow them, segments that many readers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sockeye {

// A read-only view of bytes that somebody else keeps alive. Text, spans and vectors convert to it,
// so that `send_all("hello")` and `send_all(packet)` are one function. Never null-terminated.
class bytes_view {
  public:
    constexpr bytes_view() noexcept = default;
    constexpr bytes_view(const std::byte* data, std::size_t size) noexcept
        : data_(data), size_(size) {}
    bytes_view(const void* data, std::size_t size) noexcept
        : data_(static_cast<const std::byte*>(data)), size_(size) {}
    bytes_view(std::string_view text) noexcept : bytes_view(text.data(), text.size()) {}
    bytes_view(const std::string& text) noexcept : bytes_view(text.data(), text.size()) {}
    bytes_view(const char* text) noexcept : bytes_view(text, std::strlen(text)) {}
    bytes_view(std::span<const std::byte> span) noexcept : bytes_view(span.data(), span.size()) {}
    bytes_view(std::span<const unsigned char> span) noexcept
        : bytes_view(static_cast<const void*>(span.data()), span.size()) {}
    bytes_view(const std::vector<std::byte>& v) noexcept : bytes_view(v.data(), v.size()) {}
    bytes_view(const std::vector<unsigned char>& v) noexcept
        : bytes_view(static_cast<const void*>(v.data()), v.size()) {}

    constexpr const std::byte* data() const noexcept { return data_; }
    constexpr std::size_t size() const noexcept { return size_; }
    constexpr bool empty() const noexcept { return size_ == 0; }
    constexpr const std::byte* begin() const noexcept { return data_; }
    constexpr const std::byte* end() const noexcept { return data_ + size_; }
    constexpr std::byte operator[](std::size_t i) const noexcept { return data_[i]; }

    // The first `n` bytes, what follows the first `n`, and `n` bytes from `offset`; each is cut to
    // what is there, so none can reach outside the view.
    constexpr bytes_view first(std::size_t n) const noexcept {
        return {data_, n < size_ ? n : size_};
    }
    constexpr bytes_view without_first(std::size_t n) const noexcept {
        return n < size_ ? bytes_view(data_ + n, size_ - n) : bytes_view(data_ + size_, 0);
    }
    constexpr bytes_view part(std::size_t offset, std::size_t n) const noexcept {
        return without_first(offset).first(n);
    }

    // The same bytes as characters.
    std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

    friend bool operator==(bytes_view a, bytes_view b) noexcept {
        return a.size_ == b.size_ && (a.size_ == 0 || std::memcmp(a.data_, b.data_, a.size_) == 0);
    }

  private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

// Where a leased buffer goes back to. Implemented by the engines' buffer pools.
class buffer_source {
  public:
    // `base` is the address the lease was made with.
    virtual void give_back(std::byte* base) noexcept = 0;

  protected:
    ~buffer_source() = default;
};

// Move-only bytes: either memory of its own, or a lease on an engine's receive buffer. A lease
// never moves in memory, must end on the thread of the loop that gave it, and should be short:
// what is kept for long is better copied (`to_owned`), since the pool is shared by the whole loop.
// At most 4 GiB.
class buffer {
  public:
    buffer() noexcept = default;
    // Owned and uninitialised.
    explicit buffer(std::size_t size)
        : base_(size ? new std::byte[size] : nullptr), size_(static_cast<std::uint32_t>(size)) {}
    // A lease.
    buffer(std::byte* base, std::size_t size, buffer_source& source) noexcept
        : base_(base), source_(&source), size_(static_cast<std::uint32_t>(size)) {}
    static buffer copy_of(bytes_view bytes) {
        buffer copy(bytes.size());
        if (!bytes.empty()) std::memcpy(copy.base_, bytes.data(), bytes.size());
        return copy;
    }
    buffer(buffer&& other) noexcept
        : base_(std::exchange(other.base_, nullptr)),
          source_(std::exchange(other.source_, nullptr)),
          offset_(std::exchange(other.offset_, 0)),
          size_(std::exchange(other.size_, 0)) {}
    buffer& operator=(buffer&& other) noexcept {
        if (this != &other) {
            release();
            base_ = std::exchange(other.base_, nullptr);
            source_ = std::exchange(other.source_, nullptr);
            offset_ = std::exchange(other.offset_, 0);
            size_ = std::exchange(other.size_, 0);
        }
        return *this;
    }
    ~buffer() { release(); }

    std::byte* data() noexcept { return base_ + offset_; }
    const std::byte* data() const noexcept { return base_ + offset_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    // True when there are bytes: `while (auto data = co_await client.recv())`.
    explicit operator bool() const noexcept { return size_ != 0; }
    bytes_view view() const noexcept { return {data(), size_}; }
    operator bytes_view() const noexcept { return view(); }
    std::string_view text() const noexcept { return view().text(); }

    // Drops the first `n` bytes, or all but the first `n`; no memory moves. `n` <= size().
    void remove_prefix(std::size_t n) noexcept {
        offset_ += static_cast<std::uint32_t>(n);
        size_ -= static_cast<std::uint32_t>(n);
    }
    void truncate(std::size_t n) noexcept { size_ = static_cast<std::uint32_t>(n); }

    bool is_lease() const noexcept { return source_ != nullptr; }
    // The same bytes in memory of their own; a copy only when this is a lease.
    buffer to_owned() && {
        if (!is_lease()) return std::move(*this);
        buffer copy = copy_of(view());
        release();
        return copy;
    }
    // Ends the lease or frees the memory.
    void release() noexcept {
        if (source_)
            source_->give_back(base_);
        else
            delete[] base_;
        base_ = nullptr;
        source_ = nullptr;
        offset_ = size_ = 0;
    }

  private:
    std::byte* base_ = nullptr;
    buffer_source* source_ = nullptr;
    std::uint32_t offset_ = 0;
    std::uint32_t size_ = 0;
};

// Immutable bytes with many owners, on any thread: a message is encoded once, and each reader's
// output queue holds one of these. Copying counts a reference; the last owner frees.
class shared_bytes {
  public:
    shared_bytes() noexcept = default;
    explicit shared_bytes(bytes_view bytes);
    shared_bytes(const shared_bytes& other) noexcept : block_(other.block_) {
        if (block_) __atomic_fetch_add(&block_->owners, 1, __ATOMIC_RELAXED);
    }
    shared_bytes(shared_bytes&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
    shared_bytes& operator=(shared_bytes other) noexcept {
        std::swap(block_, other.block_);
        return *this;
    }
    ~shared_bytes() {
        if (block_ && __atomic_fetch_sub(&block_->owners, 1, __ATOMIC_ACQ_REL) == 1) free_block();
    }

    const std::byte* data() const noexcept {
        return block_ ? reinterpret_cast<const std::byte*>(block_ + 1) : nullptr;
    }
    std::size_t size() const noexcept { return block_ ? block_->size : 0; }
    bool empty() const noexcept { return size() == 0; }
    bytes_view view() const noexcept { return {data(), size()}; }
    operator bytes_view() const noexcept { return view(); }

  private:
    // Counted with the compiler's own atomics: <atomic> is heavy, and this file is everywhere.
    struct block {
        std::uint32_t owners;
        std::size_t size;
    };
    void free_block() noexcept;
    block* block_ = nullptr;
};

}  // namespace sockeye
