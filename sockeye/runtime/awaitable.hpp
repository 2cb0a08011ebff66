// What the combinators (timeout, race, as_expected) need to know of an awaitable.
#pragma once

#include <type_traits>
#include <utility>

#include "sockeye/runtime/task.hpp"

namespace sockeye {

// The awaiter of an awaitable that is kept alive beside it: its `operator co_await`, or itself.
template <class Awaitable>
decltype(auto) awaiter_of(Awaitable& awaitable) {
    if constexpr (requires { awaitable.operator co_await(); })
        return awaitable.operator co_await();
    else
        return (awaitable);
}

template <class Awaitable>
using awaiter_t = decltype(awaiter_of(std::declval<Awaitable&>()));

// The type of `co_await awaitable`.
template <class Awaitable>
using awaited_t = decltype(std::declval<awaiter_t<Awaitable>>().await_resume());

// Any awaitable as a task.
template <class Awaitable>
task<awaited_t<Awaitable>> as_task(Awaitable awaitable) {
    co_return co_await std::move(awaitable);
}

}  // namespace sockeye
