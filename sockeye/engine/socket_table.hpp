// What an engine keeps for each descriptor, by its number.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sockeye/core/bytes.hpp"
#include "sockeye/core/fifo.hpp"

namespace sockeye {

// States never move: completions refer to them while the table grows.
template <class State>
class socket_table {
  public:
    State& operator[](unsigned fd) noexcept { return blocks_[fd / per_block][fd % per_block]; }
    // Makes room for `fd`; may throw std::bad_alloc.
    void reserve(unsigned fd) {
        while (blocks_.size() <= fd / per_block) blocks_.emplace_back(new State[per_block]);
    }
    unsigned size() const noexcept { return static_cast<unsigned>(blocks_.size()) * per_block; }

  private:
    static constexpr unsigned per_block = 128;
    std::vector<std::unique_ptr<State[]>> blocks_;
};

// What came while nobody was reading: a short list of buffers, with its sum.
class arrived_data {
  public:
    bool empty() const noexcept { return buffers_.empty(); }
    std::size_t size() const noexcept { return bytes_; }
    std::size_t count() const noexcept { return buffers_.size(); }
    void push(buffer data) {
        bytes_ += data.size();
        buffers_.push(std::move(data));
    }
    buffer pop() noexcept {
        buffer data = buffers_.pop();
        bytes_ -= data.size();
        return data;
    }

  private:
    fifo<buffer> buffers_;
    std::size_t bytes_ = 0;
};

}  // namespace sockeye
