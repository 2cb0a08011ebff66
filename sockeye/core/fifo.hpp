// A first-in first-out queue in one piece of memory, which it keeps when it is empty.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

namespace sockeye {

// Lighter than std::deque, in memory and in the compiler; the references it gives end with the next
// change.
template <class T>
class fifo {
  public:
    bool empty() const noexcept { return first_ == values_.size(); }
    std::size_t size() const noexcept { return values_.size() - first_; }
    // The `index`-th from the front.
    T& operator[](std::size_t index) noexcept { return values_[first_ + index]; }
    const T& operator[](std::size_t index) const noexcept { return values_[first_ + index]; }

    void push(T value) { values_.push_back(std::move(value)); }
    // The front; it must not be empty.
    T pop() noexcept {
        T value = std::move(values_[first_++]);
        if (empty()) {
            clear();
        } else if (first_ >= 64 && first_ * 2 >= values_.size()) {
            // Amortised: each value is moved down at most once for each pop.
            values_.erase(values_.begin(), values_.begin() + static_cast<std::ptrdiff_t>(first_));
            first_ = 0;
        }
        return value;
    }
    void erase(std::size_t index) noexcept {
        values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(first_ + index));
    }
    void clear() noexcept {
        values_.clear();
        first_ = 0;
    }

  private:
    std::vector<T> values_;
    std::size_t first_ = 0;
};

}  // namespace sockeye
