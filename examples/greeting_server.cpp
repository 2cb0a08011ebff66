// Greets each client by the name it sends, all clients at once.
//   greeting_server HOST:PORT
#include <cstdio>
#include <string>

#include <sockeye/sockeye.hpp>

using namespace sockeye;
using namespace std::chrono_literals;

task<> greet(stream client) {
    const auto limit = co_await deadline(5s);
    std::string name;
    while (auto data = co_await client.recv()) {
        name += data.text();
        if (name.size() <= 100) continue;
        co_await client.send_all("What a long name!\n");
        client.shutdown(shutdown_how::sending);
        while (co_await client.recv()) {
        }  // bytes left unread would reset the connection
        co_return;
    }
    const std::string greeting = "Hello, " + name + "!\n";
    co_await client.send_all(greeting);
}

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fputs("usage: greeting_server HOST:PORT\n", stderr);
        return 2;
    }
    return run(serve(argv[1], greet));
}
