// The README's first program: a TCP echo server on port 12345.
#include <sockeye/sockeye.hpp>
using namespace sockeye;
task<> echo(stream client) {
    while (auto data = co_await client.recv()) co_await client.send_all(data);
}
int main() {
    return run(serve("localhost:12345", echo));
}
