// Echo server on plain epoll, at its best: edge-triggered, so that a short read needs no second
// one; one send per receive; the peer's address captured at accept.
#define _GNU_SOURCE
#include <poll.h>
#include <sys/epoll.h>

#include "../instruments/address.h"
#include "../instruments/clock.h"
#include "../instruments/options.h"

enum { event_batch = 512, block_size = 65536, most_descriptors = 20000, send_wait_ms = 5000 };

struct server {
    int poll, listener, spin_us;
    struct sockaddr_in* peers;  // by descriptor
    char block[block_size];
};

static void accept_all(struct server* server) {
    for (;;) {
        struct sockaddr_in peer;
        socklen_t size = sizeof peer;
        int client =
            accept4(server->listener, (struct sockaddr*)&peer, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (client < 0) {
            if (errno == EAGAIN) return;
            if (errno == ECONNABORTED || errno == EINTR) continue;
            fail_errno("accept4");
        }
        if (client >= most_descriptors) fail("more than %d descriptors", most_descriptors);
        server->peers[client] = peer;
        struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = client};
        must("epoll_ctl", epoll_ctl(server->poll, EPOLL_CTL_ADD, client, &event));
    }
}

// Returns 0 when the client can take no more. An echo's client reads what it sent, so waiting here
// for room is rare; the wait is bounded.
static int send_all(int client, const char* data, size_t left) {
    while (left) {
        ssize_t sent = send(client, data, left, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN) return 0;
            struct pollfd room = {.fd = client, .events = POLLOUT};
            if (poll(&room, 1, send_wait_ms) <= 0) return 0;
            continue;
        }
        data += sent;
        left -= (size_t)sent;
    }
    return 1;
}

// A short read has emptied the socket, unless its end has come too.
static void echo(struct server* server, int client, uint32_t events) {
    for (;;) {
        ssize_t size = recv(client, server->block, block_size, 0);
        if (size < 0 && errno == EAGAIN) return;
        if (size <= 0 || !send_all(client, server->block, (size_t)size)) {
            close(client);
            return;
        }
        if (size < block_size && !(events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) return;
    }
}

static int wait_for_events(struct server* server, struct epoll_event* events) {
    int count = 0;
    if (server->spin_us) {
        uint64_t end = now_ns() + (uint64_t)server->spin_us * 1000;
        do {
            count = epoll_wait(server->poll, events, event_batch, 0);
        } while (!count && now_ns() < end);
    }
    if (!count) count = epoll_wait(server->poll, events, event_batch, -1);
    if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
    return count;
}

int main(int argc, char** argv) {
    static struct server server;
    const char* address = "7000";
    const struct option_entry options[] = {{"spin", option_integer, &server.spin_us}};
    parse_options(argc, argv, options, 1, &address, 1);
    raise_descriptor_limit();
    server.peers = must_allocate(most_descriptors, sizeof *server.peers);
    server.listener = open_listener(address, SOCK_NONBLOCK);
    server.poll = must("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = server.listener};
    must("epoll_ctl", epoll_ctl(server.poll, EPOLL_CTL_ADD, server.listener, &event));
    struct epoll_event events[event_batch];
    for (;;) {
        int count = wait_for_events(&server, events);
        for (int i = 0; i < count; ++i) {
            if (events[i].data.fd == server.listener) {
                accept_all(&server);
            } else {
                echo(&server, events[i].data.fd, events[i].events);
            }
        }
    }
}
