// Echo server on Asio with callbacks: a session that owns itself through a shared pointer.
#include <array>
#include <memory>
#include <utility>

#include "asio_listening.hpp"

class session : public std::enable_shared_from_this<session> {
  public:
    explicit session(tcp_socket socket) : socket_(std::move(socket)) {}

    void receive() {
        socket_.async_read_some(
            asio::buffer(block_),
            [self = shared_from_this()](asio::error_code error, std::size_t size) {
                if (!error) self->send(size);
            });
    }

  private:
    void send(std::size_t size) {
        asio::async_write(socket_, asio::buffer(block_, size),
                          [self = shared_from_this()](asio::error_code error, std::size_t) {
                              if (!error) self->receive();
                          });
    }

    tcp_socket socket_;
    std::array<char, block_size> block_;
};

static void accept_next(tcp_acceptor& acceptor) {
    acceptor.async_accept([&acceptor](asio::error_code error, tcp_socket socket) {
        if (!error) std::make_shared<session>(std::move(socket))->receive();
        accept_next(acceptor);
    });
}

int main(int argc, char** argv) {
    asio::io_context context(ASIO_CONCURRENCY_HINT_UNSAFE);
    auto acceptor = open_listener(context, argc, argv);
    accept_next(acceptor);
    context.run();
}
