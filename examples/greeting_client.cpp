// Sends a name and prints the greeting.
//   greeting_client HOST:PORT NAME
#include <cstdio>
#include <string>

#include <sockeye/sockeye.hpp>

using namespace sockeye;
using namespace std::chrono_literals;

task<> ask(std::string endpoint, std::string name) {
    const auto limit = co_await deadline(5s);
    stream server = co_await connect(endpoint);
    co_await server.send_all(name);
    server.shutdown(shutdown_how::sending);
    while (auto greeting = co_await server.recv())
        std::fwrite(greeting.data(), 1, greeting.size(), stdout);
}

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fputs("usage: greeting_client HOST:PORT NAME\n", stderr);
        return 2;
    }
    return run(ask(argv[1], argv[2]));
}
