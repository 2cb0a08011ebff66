// Idle load: opens connections, exchanges one message on each, and holds them.
//
//   idle_load HOST:PORT [--connections N] [--size BYTES]
//
// Prints `{"load":"idle","open":N}` when every connection has had its echo, then holds them until
// its standard input ends. The one who started it measures the server's memory in between.
#include "../instruments/address.h"
#include "../instruments/options.h"

enum { largest_message = 4096 };

static void exchange(int connection, char* message, char* answer, size_t size) {
    if (send(connection, message, size, MSG_NOSIGNAL) != (ssize_t)size) fail_errno("send");
    if (recv(connection, answer, size, MSG_WAITALL) != (ssize_t)size) fail_errno("recv");
    if (memcmp(message, answer, size)) fail("a wrong byte came back");
}

int main(int argc, char** argv) {
    int connections = 9000, size = 64;
    const char* address = "7000";
    const struct option_entry options[] = {{"connections", option_integer, &connections},
                                           {"size", option_integer, &size}};
    parse_options(argc, argv, options, 2, &address, 1);
    if (size < 1 || size > largest_message) fail("--size is 1 to %d", largest_message);
    raise_descriptor_limit();
    struct sockaddr_in peer = parse_address(address);
    char message[largest_message], answer[largest_message];
    memset(message, 'i', sizeof message);
    for (int i = 0; i < connections; ++i) {
        exchange(open_connection(&peer), message, answer, (size_t)size);
    }
    printf("{\"load\":\"idle\",\"open\":%d}\n", connections);
    fflush(stdout);
    while (getchar() != EOF) {
    }
}
