// Churn load: connections are opened and closed as fast as one core can.
//
//   churn_load HOST:PORT [--seconds S] [--warmup S] [--exchange BYTES] [--in-flight N]
//              [--core N --pid N]   the server's, for its CPU time
//
// Each connection ends with a reset (linger 0), so that no TIME_WAIT uses up the ports.
// Without --exchange a connection is opened and reset at once. The load then asks the kernel
// (sock_diag) how many connections wait for accept, and pauses above --in-flight: else the queue
// would overflow and the retransmitted SYN, not the server, would set the pace. With --exchange
// each one sends that many bytes and waits for the echo first; --in-flight of them are open at a
// time. Prints one JSON line; "connections" counts those that the server has accepted.
#include <fcntl.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <sys/epoll.h>

#include "../instruments/address.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

enum { event_batch = 256, largest_exchange = 4096, look_every = 64, tcp_listening = 10 };

struct load {
    struct sockaddr_in address;
    int poll, diagnosis, in_flight, exchange, core, pid;
    double seconds, warmup;
    uint64_t opened;
    char message[largest_exchange], answer[largest_exchange];
    struct window window;
};

static int open_resetting(const struct load* load) {
    int client = must("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    must("setsockopt", setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
    must("connect", connect(client, (const struct sockaddr*)&load->address, sizeof load->address));
    return client;
}

static void ask_for_listeners(const struct load* load) {
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } question = {.header = {.nlmsg_len = sizeof question,
                             .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                             .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
                  .request = {.sdiag_family = AF_INET,
                              .sdiag_protocol = IPPROTO_TCP,
                              .idiag_states = 1u << tcp_listening,
                              .id = {.idiag_sport = load->address.sin_port}}};
    must("sock_diag", (int)send(load->diagnosis, &question, sizeof question, 0));
}

// How many connections wait for accept, over all listeners on the port.
static unsigned accept_queue_length(const struct load* load) {
    ask_for_listeners(load);
    unsigned sum = 0;
    for (;;) {
        _Alignas(struct nlmsghdr) char reply[8192];
        int left = must("sock_diag", (int)recv(load->diagnosis, reply, sizeof reply, 0));
        struct nlmsghdr* header = (struct nlmsghdr*)reply;
        for (; NLMSG_OK(header, (unsigned)left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE) return sum;
            if (header->nlmsg_type == NLMSG_ERROR) fail("sock_diag refused the question");
            const struct inet_diag_msg* socket = NLMSG_DATA(header);
            if (socket->id.idiag_sport == load->address.sin_port) sum += socket->idiag_rqueue;
        }
    }
}

static void churn_until(struct load* load, uint64_t end_ns) {
    while (now_ns() < end_ns) {
        for (int i = 0; i < look_every; ++i) close(open_resetting(load));
        load->opened += look_every;
        while (accept_queue_length(load) > (unsigned)load->in_flight) {
            if (now_ns() >= end_ns) return;
            usleep(200);
        }
    }
}

static void start_exchange(struct load* load) {
    int client = open_resetting(load);
    if (send(client, load->message, (size_t)load->exchange, MSG_NOSIGNAL) != load->exchange) {
        fail_errno("send");
    }
    struct epoll_event event = {.events = EPOLLIN, .data.fd = client};
    must("epoll_ctl", epoll_ctl(load->poll, EPOLL_CTL_ADD, client, &event));
}

static void finish_exchange(struct load* load, int client) {
    ssize_t size = recv(client, load->answer, (size_t)load->exchange, MSG_WAITALL);
    if (size < 0) fail_errno("recv");
    if (size != load->exchange || memcmp(load->answer, load->message, (size_t)size)) {
        fail("the echo is not what was sent");
    }
    close(client);
    ++load->opened;
}

static void exchange_until(struct load* load, uint64_t end_ns) {
    struct epoll_event events[event_batch];
    while (now_ns() < end_ns) {
        int count = must("epoll_wait", epoll_wait(load->poll, events, event_batch, 5000));
        if (count == 0) fail("no answer for 5 s");
        for (int i = 0; i < count; ++i) {
            finish_exchange(load, events[i].data.fd);
            start_exchange(load);
        }
    }
}

static void run_until(struct load* load, uint64_t end_ns) {
    if (load->exchange) {
        exchange_until(load, end_ns);
    } else {
        churn_until(load, end_ns);
    }
}

static uint64_t accepted(const struct load* load) {
    return load->exchange ? load->opened : load->opened - accept_queue_length(load);
}

static void open_diagnosis(struct load* load) {
    load->diagnosis =
        must("sock_diag", socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG));
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    must("sock_diag", connect(load->diagnosis, (struct sockaddr*)&kernel, sizeof kernel));
}

int main(int argc, char** argv) {
    static struct load load = {.in_flight = 256, .core = -1, .seconds = 3, .warmup = 0.5};
    const char* address = "7000";
    const struct option_entry options[] = {
        {"seconds", option_number, &load.seconds},      {"warmup", option_number, &load.warmup},
        {"exchange", option_integer, &load.exchange},   {"core", option_integer, &load.core},
        {"in-flight", option_integer, &load.in_flight}, {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, 6, &address, 1);
    if (load.exchange < 0 || load.exchange > largest_exchange) {
        fail("--exchange is 0 to %d", largest_exchange);
    }
    raise_descriptor_limit();
    load.address = parse_address(address);
    load.window = (struct window){.core = load.core, .pid = load.pid};
    memset(load.message, 'c', sizeof load.message);
    load.poll = must("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
    open_diagnosis(&load);
    for (int i = 0; load.exchange && i < load.in_flight; ++i) start_exchange(&load);
    run_until(&load, now_ns() + seconds_to_ns(load.warmup));
    uint64_t before = accepted(&load);
    window_open(&load.window);
    run_until(&load, load.window.begin.wall_ns + seconds_to_ns(load.seconds));
    uint64_t after = accepted(&load);
    window_close(&load.window);
    printf("{\"load\":\"churn\",\"exchange\":%d,\"connections\":%llu,", load.exchange,
           (unsigned long long)(after - before));
    window_print(&load.window);
    printf("}\n");
}
