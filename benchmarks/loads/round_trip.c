// Round trips of one connection: the time from a message's send to its answer's last byte.
//
//   round_trip_load HOST:PORT [--size BYTES] [--seconds S] [--count N] [--spin]
//                   [--core N --pid N]   the server's, for its CPU time
//
// With --spin the load never sleeps: it asks the socket again and again. Otherwise it blocks.
// Ends after --seconds, or after --count round trips when given. Prints one JSON line.
#include "../instruments/address.h"
#include "../instruments/histogram.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

enum { largest_message = 65536, warm_round_trips = 2000 };

struct load {
    int connection, size, count, spin, core, pid;
    double seconds;
    char message[largest_message], answer[largest_message];
    struct histogram latency;
    struct window window;
};

static void round_trip(struct load* load) {
    size_t size = (size_t)load->size, received = 0;
    if (send(load->connection, load->message, size, MSG_NOSIGNAL) != load->size) {
        fail_errno("send");
    }
    while (received < size) {
        ssize_t more = recv(load->connection, load->answer + received, size - received,
                            load->spin ? MSG_DONTWAIT : 0);
        if (more == 0) fail("the server closed the connection");
        if (more < 0 && errno != EAGAIN) fail_errno("recv");
        if (more > 0) received += (size_t)more;
    }
    if (memcmp(load->answer, load->message, size)) fail("a wrong byte came back");
}

static void measure(struct load* load) {
    window_open(&load->window);
    uint64_t end_ns = load->window.begin.wall_ns + seconds_to_ns(load->seconds);
    uint64_t before = now_ns();
    for (int done = 0; load->count ? done < load->count : before < end_ns; ++done) {
        round_trip(load);
        uint64_t after = now_ns();
        histogram_add(&load->latency, after - before);
        before = after;
        ++load->message[0];  // so that a late answer to another message is seen
    }
    window_close(&load->window);
}

int main(int argc, char** argv) {
    static struct load load = {.size = 64, .core = -1, .seconds = 2};
    const char* address = "7000";
    const struct option_entry options[] = {
        {"size", option_integer, &load.size},   {"seconds", option_number, &load.seconds},
        {"count", option_integer, &load.count}, {"spin", option_flag, &load.spin},
        {"core", option_integer, &load.core},   {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, 6, &address, 1);
    if (load.size < 1 || load.size > largest_message) fail("--size is 1 to %d", largest_message);
    memset(load.message, 'r', sizeof load.message);
    load.window = (struct window){.core = load.core, .pid = load.pid};
    struct sockaddr_in peer = parse_address(address);
    load.connection = open_connection(&peer);
    for (int i = 0; i < warm_round_trips && !load.count; ++i) round_trip(&load);
    measure(&load);
    printf("{\"load\":\"round_trip\",\"size\":%d,\"spin\":%d,", load.size, load.spin);
    window_print(&load.window);
    printf(",");
    histogram_print(&load.latency, "latency_us");
    printf("}\n");
}
