// Echo server on Asio with C++20 coroutines. Also built on Asio's own io_uring (asio_uring).
#include <array>
#include <utility>

#include "asio_listening.hpp"

using coroutine = asio::awaitable<void, executor>;
constexpr asio::use_awaitable_t<executor> use_coroutine;

static coroutine echo(tcp_socket socket) {
    std::array<char, block_size> block;
    try {
        for (;;) {
            const auto size = co_await socket.async_read_some(asio::buffer(block), use_coroutine);
            co_await asio::async_write(socket, asio::buffer(block, size), use_coroutine);
        }
    } catch (const asio::system_error&) {
        // The client is gone: the socket closes with this frame.
    }
}

static coroutine serve(tcp_acceptor acceptor) {
    for (;;) {
        tcp_socket socket = co_await acceptor.async_accept(use_coroutine);
        asio::co_spawn(acceptor.get_executor(), echo(std::move(socket)), asio::detached);
    }
}

int main(int argc, char** argv) {
    asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
    asio::co_spawn(context.get_executor(), serve(open_listener(context, argc, argv)),
                   asio::detached);
    context.run();
}
