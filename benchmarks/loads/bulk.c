// The far end of a bulk transfer: a plain blocking loop, the same for every server measured.
//
//   bulk_load drain|feed HOST:PORT [--seconds S] [--warmup S] [--block BYTES]
//             [--core N --pid N]   the server's, for its CPU time
//
// `drain` reads what a sending server sends; `feed` sends to one that reads. A feed ends with its
// half of the connection closed, and waits for the server's end, so that what lay in buffers was
// truly read. Prints one JSON line.
#include "../instruments/address.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

struct load {
    int connection, feeds, block_bytes, core, pid;
    double seconds, warmup;
    char* block;
    struct window window;
};

static uint64_t move_until(struct load* load, uint64_t end_ns) {
    uint64_t bytes = 0;
    while (now_ns() < end_ns) {
        ssize_t moved =
            load->feeds
                ? send(load->connection, load->block, (size_t)load->block_bytes, MSG_NOSIGNAL)
                : recv(load->connection, load->block, (size_t)load->block_bytes, 0);
        if (moved < 0) fail_errno(load->feeds ? "send" : "recv");
        if (moved == 0) fail("the server ended the connection");
        bytes += (uint64_t)moved;
    }
    return bytes;
}

// How long the server took to read what was left in the buffers, in the window.
static void wait_for_end(struct load* load) {
    must("shutdown", shutdown(load->connection, SHUT_WR));
    struct timeval bound = {.tv_sec = 5};
    must("setsockopt", setsockopt(load->connection, SOL_SOCKET, SO_RCVTIMEO, &bound, sizeof bound));
    ssize_t size = recv(load->connection, load->block, 1, 0);
    if (size < 0) fail_errno("waiting for the server's end");
}

int main(int argc, char** argv) {
    static struct load load = {.block_bytes = 1 << 20, .core = -1, .seconds = 3, .warmup = 0.5};
    const char* words[2] = {"", "7000"};
    const struct option_entry options[] = {{"seconds", option_number, &load.seconds},
                                           {"warmup", option_number, &load.warmup},
                                           {"block", option_integer, &load.block_bytes},
                                           {"core", option_integer, &load.core},
                                           {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, 5, words, 2);
    load.feeds = !strcmp(words[0], "feed");
    if (!load.feeds && strcmp(words[0], "drain")) fail("usage: bulk_load drain|feed HOST:PORT");
    load.window = (struct window){.core = load.core, .pid = load.pid};
    load.block = must_allocate(1, (size_t)load.block_bytes);
    struct sockaddr_in peer = parse_address(words[1]);
    load.connection = open_connection(&peer);
    move_until(&load, now_ns() + seconds_to_ns(load.warmup));
    window_open(&load.window);
    uint64_t bytes = move_until(&load, load.window.begin.wall_ns + seconds_to_ns(load.seconds));
    if (load.feeds) wait_for_end(&load);
    window_close(&load.window);
    printf("{\"load\":\"bulk\",\"way\":\"%s\",\"bytes\":%llu,", words[0],
           (unsigned long long)bytes);
    window_print(&load.window);
    printf("}\n");
}
