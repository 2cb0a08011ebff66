// What both Asio servers share: the types without type erasure, and the listener.
//
// At its best: the concrete executor instead of any_io_executor, and a context that is told it has
// one thread, so that it takes no lock.
#pragma once

#include <asio.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/resource.h>

using executor = asio::io_context::executor_type;
using tcp_socket = asio::basic_stream_socket<asio::ip::tcp, executor>;
using tcp_acceptor = asio::basic_socket_acceptor<asio::ip::tcp, executor>;

constexpr std::size_t block_size = 1024;  // what a session owns; a larger one is no faster here

inline asio::ip::tcp::endpoint parse_address(const std::string& text) {
    const auto colon = text.rfind(':');
    const bool has_host = colon != std::string::npos && colon > 0;
    const auto host = has_host ? text.substr(0, colon) : std::string("127.0.0.1");
    const auto port = colon == std::string::npos ? text : text.substr(colon + 1);
    return {asio::ip::make_address(host), static_cast<unsigned short>(std::stoi(port))};
}

inline void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) std::perror("setrlimit");
}

inline tcp_acceptor open_listener(asio::io_context& context, int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: %s HOST:PORT\n", argv[0]);
        std::exit(2);
    }
    raise_descriptor_limit();
    const auto address = parse_address(argv[1]);
    tcp_acceptor acceptor(context.get_executor());
    acceptor.open(address.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    acceptor.set_option(asio::ip::tcp::no_delay(true));
    acceptor.bind(address);
    acceptor.listen(4096);
    return acceptor;
}
