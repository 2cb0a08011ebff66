// Sends a name and prints the greeting.
//   greeting_client_blocking HOST:PORT NAME
#include <cstdio>

#include <sockeye/core/error.hpp>
#include <sockeye/net/socket.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
    if (argc != 3) {
        std::fputs("usage: greeting_client_blocking HOST:PORT NAME\n", stderr);
        return 2;
    }
    auto server = sockeye::socket::create_connection(argv[1], 5s);
    server.sendall(argv[2]);
    server.shutdown(sockeye::direction::write);
    while (auto greeting = server.recv(1024))
        std::fwrite(greeting.data(), 1, greeting.size(), stdout);
} catch (const sockeye::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
