// Where one direction of a connection stands: the table that both roles obey, for what they send
// and for what they receive.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace sockeye::http1 {

enum class message_state : std::uint8_t {
    idle,      // before a head
    body,      // within a body
    done,      // one message is over, the exchange is not
    closed,    // no other message in this direction
    failed,    // what came was no HTTP
    switched,  // another protocol's bytes follow
};

enum class step : std::uint8_t {
    head_with_body,
    head_alone,   // a message without a body
    end,          // of the body
    next,         // both directions are done, the connection stays
    close,        // or it does not
    refuse,       // a protocol error
    switch_over,  // 101
};

struct transition {
    message_state from;
    step on;
    message_state to;
};

inline constexpr std::array transitions = {
    transition{message_state::idle, step::head_with_body, message_state::body},
    transition{message_state::idle, step::head_alone, message_state::done},
    transition{message_state::idle, step::close, message_state::closed},
    transition{message_state::idle, step::refuse, message_state::failed},
    transition{message_state::idle, step::switch_over, message_state::switched},
    transition{message_state::body, step::end, message_state::done},
    transition{message_state::body, step::close, message_state::closed},
    transition{message_state::body, step::refuse, message_state::failed},
    transition{message_state::done, step::next, message_state::idle},
    transition{message_state::done, step::close, message_state::closed},
    transition{message_state::done, step::refuse, message_state::failed},
    transition{message_state::done, step::switch_over, message_state::switched},
    transition{message_state::closed, step::close, message_state::closed},
    transition{message_state::closed, step::refuse, message_state::failed},
    transition{message_state::switched, step::close, message_state::closed},
    transition{message_state::switched, step::refuse, message_state::failed},
    transition{message_state::failed, step::close, message_state::failed},
    transition{message_state::failed, step::refuse, message_state::failed},
};

inline constexpr std::size_t message_states = 6;
inline constexpr std::size_t steps = 7;

// Looked up by place; `no_transition` where the table above has no line.
inline constexpr message_state no_transition{0xff};
inline constexpr auto transition_places = [] {
    std::array<std::array<message_state, steps>, message_states> places{};
    for (auto& row : places) row.fill(no_transition);
    for (const transition& t : transitions) places[std::size_t(t.from)][std::size_t(t.on)] = t.to;
    return places;
}();

constexpr message_state after(message_state from, step on) noexcept {
    return transition_places[std::size_t(from)][std::size_t(on)];
}

}  // namespace sockeye::http1
