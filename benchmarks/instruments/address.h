// Addresses and sockets for loads and peers: `PORT`, `:PORT` and `HOST:PORT`, IPv4.
#pragma once

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "failure.h"

enum { listen_backlog = 4096 };

// The host defaults to 127.0.0.1.
static inline struct sockaddr_in parse_address(const char* text) {
    char host[256] = "127.0.0.1";
    const char* port = text;
    const char* colon = strrchr(text, ':');
    if (colon) {
        port = colon + 1;
        size_t length = (size_t)(colon - text);
        if (length >= sizeof host) fail("%s: the host name is too long", text);
        if (length) memcpy(host, text, length), host[length] = 0;
    }
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo* found = NULL;
    int error = getaddrinfo(host, port, &hints, &found);
    if (error) fail("%s: %s", text, gai_strerror(error));
    struct sockaddr_in address;
    memcpy(&address, found->ai_addr, sizeof address);
    freeaddrinfo(found);
    return address;
}

static inline void set_option(int socket, int level, int option, int value) {
    must("setsockopt", setsockopt(socket, level, option, &value, sizeof value));
}

// TCP_NODELAY is inherited by accepted sockets, so that it costs nothing a connection.
static inline int open_listener(const char* text, int flags) {
    struct sockaddr_in address = parse_address(text);
    int listener = must("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0));
    set_option(listener, SOL_SOCKET, SO_REUSEADDR, 1);
    set_option(listener, SOL_SOCKET, SO_REUSEPORT, 1);
    set_option(listener, IPPROTO_TCP, TCP_NODELAY, 1);
    must("bind", bind(listener, (struct sockaddr*)&address, sizeof address));
    must("listen", listen(listener, listen_backlog));
    return listener;
}

// A connected, blocking socket. Reports and ends when the server refuses.
static inline int open_connection(const struct sockaddr_in* address) {
    int connection = must("socket", socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    must("connect", connect(connection, (const struct sockaddr*)address, sizeof *address));
    set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
    return connection;
}

// Thousands of connections need more descriptors than the usual soft limit of 1,024.
static inline void raise_descriptor_limit(void) {
    struct rlimit limit;
    must("getrlimit", getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = limit.rlim_max;
    must("setrlimit", setrlimit(RLIMIT_NOFILE, &limit));
}
