// Echo load: N connections, one message in flight on each, every echoed byte compared.
//
//   echo_load HOST:PORT [--connections N] [--size BYTES] [--seconds S] [--warmup S]
//             [--core N --pid N]   the server's, for its CPU time
//
// Each message carries its connection and its number, so an answer to another question is seen.
// Prints one JSON line.
#include <fcntl.h>
#include <sys/epoll.h>

#include "../instruments/address.h"
#include "../instruments/histogram.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

enum { event_batch = 512, largest_message = 1 << 20, quiet_ms = 5000 };

struct connection {
    int socket;
    unsigned received;  // bytes of the present answer
    uint32_t number;    // of the present message
    uint64_t sent_ns;
};

struct load {
    int poll, connections, size, core, pid;
    double seconds, warmup;
    struct connection* all;
    char *message, *answer;
    uint64_t requests;
    int measuring;
    struct histogram latency;
    struct window window;
};

static void stamp(struct load* load, const struct connection* connection) {
    uint32_t mark[2] = {(uint32_t)(connection - load->all), connection->number};
    memcpy(load->message, mark, load->size < (int)sizeof mark ? (size_t)load->size : sizeof mark);
}

// One message of at most 1 MiB with nothing else in flight fits a loopback socket's buffers, or
// the rest is waited for.
static void send_message(struct load* load, struct connection* connection, uint64_t now) {
    ++connection->number;
    connection->received = 0;
    connection->sent_ns = now;
    stamp(load, connection);
    for (int sent = 0; sent < load->size;) {
        ssize_t size = send(connection->socket, load->message + sent, (size_t)(load->size - sent),
                            MSG_NOSIGNAL);
        if (size < 0) fail_errno("send");
        sent += (int)size;
    }
}

// True when the whole answer is there; ends the program when a byte of it is wrong.
static int receive_answer(struct load* load, struct connection* connection) {
    ssize_t size = recv(connection->socket, load->answer, (size_t)load->size, MSG_DONTWAIT);
    if (size == 0) fail("the server closed a connection");
    if (size < 0 && errno == EAGAIN) return 0;
    if (size < 0) fail_errno("recv");
    if (connection->received + (size_t)size > (size_t)load->size) fail("more bytes than were sent");
    stamp(load, connection);
    if (memcmp(load->answer, load->message + connection->received, (size_t)size)) {
        fail("a wrong byte came back");
    }
    connection->received += (unsigned)size;
    return connection->received == (unsigned)load->size;
}

static void run_until(struct load* load, uint64_t end_ns) {
    struct epoll_event events[event_batch];
    while (now_ns() < end_ns) {
        int count = epoll_wait(load->poll, events, event_batch, quiet_ms);
        if (count == 0) fail("no answer for %d ms", quiet_ms);
        if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
        for (int i = 0; i < count; ++i) {
            struct connection* connection = events[i].data.ptr;
            if (!receive_answer(load, connection)) continue;
            uint64_t now = now_ns();
            if (load->measuring) histogram_add(&load->latency, now - connection->sent_ns);
            ++load->requests;
            send_message(load, connection, now);
        }
    }
}

static void open_all(struct load* load, const char* address_text) {
    struct sockaddr_in address = parse_address(address_text);
    load->all = must_allocate((size_t)load->connections, sizeof *load->all);
    for (int i = 0; i < load->connections; ++i) {
        struct connection* connection = &load->all[i];
        connection->socket = open_connection(&address);
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = connection};
        must("epoll_ctl", epoll_ctl(load->poll, EPOLL_CTL_ADD, connection->socket, &event));
    }
    for (int i = 0; i < load->connections; ++i) send_message(load, &load->all[i], now_ns());
}

static void report(const struct load* load, uint64_t requests) {
    printf("{\"load\":\"echo\",\"connections\":%d,\"size\":%d,\"requests\":%llu,",
           load->connections, load->size, (unsigned long long)requests);
    window_print(&load->window);
    printf(",");
    histogram_print(&load->latency, "latency_us");
    printf("}\n");
}

int main(int argc, char** argv) {
    static struct load load = {
        .connections = 50, .size = 64, .core = -1, .seconds = 3, .warmup = 0.5};
    const char* address = "7000";
    const struct option_entry options[] = {{"connections", option_integer, &load.connections},
                                           {"size", option_integer, &load.size},
                                           {"seconds", option_number, &load.seconds},
                                           {"warmup", option_number, &load.warmup},
                                           {"core", option_integer, &load.core},
                                           {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, 6, &address, 1);
    if (load.size < 1 || load.size > largest_message) fail("--size is 1 to %d", largest_message);
    raise_descriptor_limit();
    load.window = (struct window){.core = load.core, .pid = load.pid};
    load.message = must_allocate(2, (size_t)load.size);
    load.answer = load.message + load.size;
    for (int i = 0; i < load.size; ++i) load.message[i] = (char)('a' + i % 26);
    load.poll = must("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
    open_all(&load, address);
    run_until(&load, now_ns() + seconds_to_ns(load.warmup));
    uint64_t before = load.requests;
    load.measuring = 1;
    window_open(&load.window);
    run_until(&load, load.window.begin.wall_ns + seconds_to_ns(load.seconds));
    window_close(&load.window);
    report(&load, load.requests - before);
}
