#include "sockeye/engine/simulated_file.hpp"

#include <algorithm>
#include <poll.h>

namespace sockeye {

std::int64_t simulated_file::read(std::byte* into, std::size_t size, std::int64_t offset) {
    const std::size_t from = offset < 0 ? position_ : static_cast<std::size_t>(offset);
    const std::size_t count = from < bytes_.size() ? std::min(size, bytes_.size() - from) : 0;
    if (count > 0) std::memcpy(into, bytes_.data() + from, count);
    if (offset < 0) position_ += count;
    return static_cast<std::int64_t>(count);
}

std::int64_t simulated_file::write(bytes_view data, std::int64_t offset) {
    const std::size_t to = offset < 0 ? position_ : static_cast<std::size_t>(offset);
    if (!data.empty() && bytes_.size() < to + data.size()) bytes_.resize(to + data.size());
    if (!data.empty()) std::memcpy(bytes_.data() + to, data.data(), data.size());
    if (offset < 0) position_ += data.size();
    return static_cast<std::int64_t>(data.size());
}

short simulated_file::readiness() {
    return POLLIN | POLLOUT;
}

}  // namespace sockeye
