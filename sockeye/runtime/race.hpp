// The first of several.
#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "sockeye/runtime/awaitable.hpp"
#include "sockeye/runtime/task_group.hpp"

namespace sockeye {

// What a void contestant gives.
template <class T>
using raced_t = std::conditional_t<std::is_void_v<T>, std::monostate, std::remove_cvref_t<T>>;

// The state of one race, shared by its contestants and in the frame of `race` itself.
template <class Result>
struct race_track {
    task_group* group = nullptr;
    std::optional<Result> winner;
};

template <std::size_t Index, class Result, class Awaitable>
task<> run_race(race_track<Result>* track, Awaitable awaitable) {
    if constexpr (std::is_void_v<awaited_t<Awaitable>>) {
        co_await std::move(awaitable);
        if (!track->winner) track->winner.emplace(std::in_place_index<Index>);
    } else {
        auto value = co_await std::move(awaitable);
        if (!track->winner) track->winner.emplace(std::in_place_index<Index>, std::move(value));
    }
    track->group->cancel();
}

// Runs all of them at once, each in a fiber of its own; the first to end wins, and the others are
// cancelled and waited for. Gives a std::variant: `index()` says who won, std::monostate stands for
// void. Throws what the first to end threw, unless another had its value by then. A loser takes no
// bytes from a stream and no value from a channel.
//
//   auto first = co_await race(client.recv(), sleep(1s));
//   if (first.index() == 1) ...
template <class... Awaitables>
task<std::variant<raced_t<awaited_t<Awaitables>>...>> race(Awaitables... awaitables) {
    using result = std::variant<raced_t<awaited_t<Awaitables>>...>;
    race_track<result> track;
    std::exception_ptr failure;
    task_group group;
    track.group = &group;
    try {
        [&]<std::size_t... Index>(std::index_sequence<Index...>) {
            (group.spawn(run_race<Index, result, Awaitables>(&track, std::move(awaitables)),
                         "a contestant"),
             ...);
        }(std::index_sequence_for<Awaitables...>());
    } catch (...) {
        group.fail(std::current_exception());
    }
    try {
        co_await group.join();
    } catch (...) {
        failure = std::current_exception();
    }
    // Those who were cancelled because another had won have lost, not failed.
    if (!track.winner) std::rethrow_exception(failure);
    co_return std::move(*track.winner);
}

}  // namespace sockeye
