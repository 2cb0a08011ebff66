// A file in memory.
#pragma once

#include <vector>

#include "sockeye/engine/simulated_endpoint.hpp"

namespace sockeye {

class simulated_file final : public simulated_endpoint {
  public:
    // `offset` -1 is the file's own position.
    std::int64_t read(std::byte* into, std::size_t size, std::int64_t offset);
    std::int64_t write(bytes_view data, std::int64_t offset);

    std::int64_t receive(std::byte* into, std::size_t size) override {
        return read(into, size, -1);
    }
    std::int64_t send(bytes_view data) override { return write(data, -1); }
    short readiness() override;
    void close() override {}

  private:
    std::vector<std::byte> bytes_;
    std::size_t position_ = 0;
};

}  // namespace sockeye
