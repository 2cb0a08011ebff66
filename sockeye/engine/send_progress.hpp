// How far a send has come in its list of parts.
#pragma once

#include "sockeye/engine/engine.hpp"

namespace sockeye {

// Advances a send past `sent` bytes, and past empty parts; true when all of it is sent.
inline bool advance(send_operation& op, std::size_t sent) noexcept {
    while (op.part < op.count) {
        const std::size_t left = op.parts[op.part].size() - op.offset;
        if (sent < left) {
            op.offset += sent;
            return false;
        }
        sent -= left;
        op.offset = 0;
        ++op.part;
    }
    return true;
}

// What is left of the part that a send has reached.
inline bytes_view current_part(const send_operation& op) noexcept {
    return op.parts[op.part].without_first(op.offset);
}

}  // namespace sockeye
