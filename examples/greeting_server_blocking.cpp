// Greets each client by the name it sends.
//   greeting_server_blocking HOST:PORT
#include <cstdio>
#include <string>

#include <sockeye/core/error.hpp>
#include <sockeye/net/socket.hpp>

using namespace std::chrono_literals;

void greet(sockeye::socket client) {
    client.settimeout(5s);
    std::string name;
    while (auto data = client.recv(100)) {
        name += data.text();
        if (name.size() > 100) return client.sendall("What a long name!\n");
    }
    client.sendall("Hello, " + name + "!\n");
}

int main(int argc, char** argv) try {
    if (argc != 2) {
        std::fputs("usage: greeting_server_blocking HOST:PORT\n", stderr);
        return 2;
    }
    auto server = sockeye::socket::create_server(argv[1]);
    while (true) {
        try {
            greet(server.accept().client);
        } catch (const sockeye::error& e) {
            std::fprintf(stderr, "%s\n", e.what());  // that client's trouble, not the next one's
        }
    }
} catch (const sockeye::error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
}
