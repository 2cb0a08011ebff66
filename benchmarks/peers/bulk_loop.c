// The plain loop that bulk transfer is held against: blocking sends or receives of 1 MiB.
//
//   bulk_loop send|receive HOST:PORT [--block BYTES]
//
// A server: it sends as fast as it can to whoever connects until they go, or reads until their
// end; then it takes the next one.
#include "../instruments/address.h"
#include "../instruments/options.h"

static void send_until_gone(int client, const char* block, size_t size) {
    while (send(client, block, size, MSG_NOSIGNAL) > 0) {
    }
}

static void receive_until_end(int client, char* block, size_t size) {
    while (recv(client, block, size, 0) > 0) {
    }
}

int main(int argc, char** argv) {
    int block_bytes = 1 << 20;
    const char* words[2] = {"", "7000"};
    const struct option_entry options[] = {{"block", option_integer, &block_bytes}};
    parse_options(argc, argv, options, 1, words, 2);
    int sends = !strcmp(words[0], "send");
    if (!sends && strcmp(words[0], "receive")) fail("usage: bulk_loop send|receive HOST:PORT");
    char* block = must_allocate(1, (size_t)block_bytes);
    memset(block, 'x', (size_t)block_bytes);
    int listener = open_listener(words[1], 0);
    for (;;) {
        int client = must("accept", accept(listener, NULL, NULL));
        if (sends) {
            send_until_gone(client, block, (size_t)block_bytes);
        } else {
            receive_until_end(client, block, (size_t)block_bytes);
        }
        close(client);
    }
}
