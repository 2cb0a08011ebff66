// Errors as values, for those who prefer them.
#pragma once

#include <expected>
#include <utility>

#include "sockeye/core/error.hpp"
#include "sockeye/runtime/awaitable.hpp"

namespace sockeye {

// `auto data = co_await as_expected(client.recv());` gives std::expected<buffer, error>: an `error`
// that would be thrown is returned. Anything else that is thrown still is.
template <class Awaitable>
class [[nodiscard]] expecting {
  public:
    using value_type = std::remove_cvref_t<awaited_t<Awaitable>>;

    explicit expecting(Awaitable awaitable)
        : awaitable_(std::move(awaitable)), awaiter_(awaiter_of(awaitable_)) {}
    expecting(expecting&& other)
        : awaitable_(std::move(other.awaitable_)), awaiter_(awaiter_of(awaitable_)) {}

    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) {
        return awaiter_.await_suspend(coroutine);
    }
    std::expected<value_type, error> await_resume() {
        try {
            if constexpr (std::is_void_v<value_type>) {
                awaiter_.await_resume();
                return {};
            } else {
                return awaiter_.await_resume();
            }
        } catch (const error& failure) {
            return std::unexpected(failure);
        }
    }

  private:
    Awaitable awaitable_;
    awaiter_t<Awaitable> awaiter_;
};

template <class Awaitable>
expecting<Awaitable> as_expected(Awaitable awaitable) {
    return expecting<Awaitable>(std::move(awaitable));
}

}  // namespace sockeye
