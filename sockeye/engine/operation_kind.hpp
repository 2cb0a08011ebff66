// What an operation is, as the engines write it into operation::kind.
#pragma once

#include <cstdint>

namespace sockeye {

enum class operation_kind : std::uint8_t {
    accept = 1,
    connect,
    recv,
    send,
    recv_from,
    send_to,
    poll,
    read,
    write,
    sync,
    splice,
    blocking,
};

}  // namespace sockeye
