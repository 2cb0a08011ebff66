// What io_uring gained after the headers of liburing 2.3 (Debian 12) were written. Each is probed
// at start, never assumed.
#pragma once

#include <cstdint>

namespace sockeye::uring_abi {

// io_uring_buf_reg.flags, Linux 6.12: several deliveries share one buffer.
constexpr std::uint16_t buffer_ring_incremental = 2;
// Completion flag: the kernel will put more into this buffer.
constexpr std::uint32_t completion_buffer_more = 1u << 4;

}  // namespace sockeye::uring_abi
