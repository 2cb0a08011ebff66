// Publishing load: clients with keep-alive connections, each with one POST in flight.
//
//   publish_load HOST:PORT [--clients N] [--size BYTES] [--seconds S] [--warmup S] [--topic T]
//                [--core N --pid N]   the server's, for its CPU time
//
// Every answer must be 200 with an id, and a connection's ids must grow. Prints one JSON line.
#define _GNU_SOURCE
#include <sys/epoll.h>

#include "../instruments/address.h"
#include "../instruments/histogram.h"
#include "../instruments/http_answer.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

enum { event_batch = 256, largest_answer = 8192, largest_size = 1 << 20, quiet_ms = 10000 };

struct client {
    int socket;
    size_t received;
    int64_t last_id;
    uint64_t sent_ns;
    char answer[largest_answer + 1];
};

struct load {
    int poll, client_count, size, core, pid, measuring;
    double seconds, warmup;
    const char* topic;
    struct client* clients;
    char* request;
    size_t request_size;
    uint64_t published;
    struct histogram latency;
    struct window window;
};

static void build_request(struct load* load, const char* address) {
    size_t room = (size_t)load->size + 1024;
    load->request = must_allocate(1, room);
    int head = snprintf(load->request, 1024,
                        "POST /topics/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %d\r\n\r\n",
                        load->topic, address, load->size);
    if (head >= 1024) fail("--topic: too long");
    memset(load->request + head, 'p', (size_t)load->size);
    load->request_size = (size_t)head + (size_t)load->size;
}

static void publish(struct load* load, struct client* client, uint64_t now) {
    client->received = 0;
    client->sent_ns = now;
    for (size_t sent = 0; sent < load->request_size;) {
        ssize_t size =
            send(client->socket, load->request + sent, load->request_size - sent, MSG_NOSIGNAL);
        if (size < 0) fail_errno("send");
        sent += (size_t)size;
    }
}

// True when the whole answer is there.
static int receive_answer(struct client* client) {
    ssize_t size = recv(client->socket, client->answer + client->received,
                        largest_answer - client->received, MSG_DONTWAIT);
    if (size == 0) fail("the server closed a connection or its answer is too long");
    if (size < 0 && errno == EAGAIN) return 0;
    if (size < 0) fail_errno("recv");
    client->received += (size_t)size;
    client->answer[client->received] = 0;
    struct http_answer answer;
    if (!parse_answer(client->answer, client->received, &answer)) return 0;
    if (client->received > answer.size) fail("more than one answer to one request");
    int64_t id = answered_id(&answer);
    if (id <= client->last_id)
        fail("id %lld after %lld", (long long)id, (long long)client->last_id);
    client->last_id = id;
    return 1;
}

static void run_until(struct load* load, uint64_t end_ns) {
    struct epoll_event events[event_batch];
    while (now_ns() < end_ns) {
        int count = must("epoll_wait", epoll_wait(load->poll, events, event_batch, quiet_ms));
        if (count == 0) fail("no answer for %d ms", quiet_ms);
        for (int i = 0; i < count; ++i) {
            struct client* client = events[i].data.ptr;
            if (!receive_answer(client)) continue;
            uint64_t now = now_ns();
            if (load->measuring) histogram_add(&load->latency, now - client->sent_ns);
            ++load->published;
            publish(load, client, now);
        }
    }
}

static void open_all(struct load* load, const char* address_text) {
    struct sockaddr_in address = parse_address(address_text);
    load->clients = must_allocate((size_t)load->client_count, sizeof *load->clients);
    for (int i = 0; i < load->client_count; ++i) {
        struct client* client = &load->clients[i];
        client->socket = open_connection(&address);
        struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = client};
        must("epoll_ctl", epoll_ctl(load->poll, EPOLL_CTL_ADD, client->socket, &event));
    }
    for (int i = 0; i < load->client_count; ++i) publish(load, &load->clients[i], now_ns());
}

int main(int argc, char** argv) {
    static struct load load = {.client_count = 64,
                               .size = 64,
                               .core = -1,
                               .seconds = 3,
                               .warmup = 0.5,
                               .topic = "bench/publish"};
    const char* address = "127.0.0.1:8080";
    const struct option_entry options[] = {{"clients", option_integer, &load.client_count},
                                           {"size", option_integer, &load.size},
                                           {"seconds", option_number, &load.seconds},
                                           {"warmup", option_number, &load.warmup},
                                           {"topic", option_text, &load.topic},
                                           {"core", option_integer, &load.core},
                                           {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, 7, &address, 1);
    if (load.size < 0 || load.size > largest_size) fail("--size is 0 to %d", largest_size);
    raise_descriptor_limit();
    load.window = (struct window){.core = load.core, .pid = load.pid};
    load.poll = must("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
    build_request(&load, address);
    open_all(&load, address);
    run_until(&load, now_ns() + seconds_to_ns(load.warmup));
    uint64_t before = load.published;
    load.measuring = 1;
    window_open(&load.window);
    run_until(&load, load.window.begin.wall_ns + seconds_to_ns(load.seconds));
    window_close(&load.window);
    printf("{\"load\":\"publish\",\"clients\":%d,\"size\":%d,\"published\":%llu,",
           load.client_count, load.size, (unsigned long long)(load.published - before));
    window_print(&load.window);
    printf(",");
    histogram_print(&load.latency, "latency_us");
    printf("}\n");
}
