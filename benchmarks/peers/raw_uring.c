// Echo server on liburing, at its best: DEFER_TASKRUN and SINGLE_ISSUER, direct descriptors,
// multishot accept and receive, a ring of provided buffers, one send per receive.
//
// Rules it keeps, since a server that loses a connection is no reference: one send in flight per
// connection with a queue of buffers behind it; a receive that ends for want of buffers (ENOBUFS)
// waits in a list until a buffer comes back; a descriptor is closed only when no operation on it
// is in flight, so no completion can ever mean an earlier connection.
//
// With --addresses the peer's address is captured: multishot accept cannot tell it per
// connection, so a few single accepts are kept in flight, each with room for an address.
#include <liburing.h>
#include <sys/mman.h>

#include "../instruments/address.h"
#include "../instruments/clock.h"
#include "../instruments/options.h"

enum {
    ring_entries = 4096,
    completion_entries = 32768,
    most_connections = 16384,
    buffer_count = 4096,
    buffer_size = 4096,
    buffer_group = 0,
    single_accepts = 32,
    nothing = -1
};
enum operation { op_accept, op_receive, op_send, op_close, op_shutdown };

struct connection {
    int head, tail;  // the queue of buffers; the head is being sent
    unsigned head_offset;
    unsigned char receiving, sending, shutting, broken, ending, starved;
    struct sockaddr_in peer;
};

struct server {
    struct io_uring ring;
    struct io_uring_buf_ring* buffers;
    char* memory;
    int listener, spin_us, addresses;
    int stopped[single_accepts], stopped_count;  // accepts that met a full table
    int next[buffer_count];
    unsigned length[buffer_count];
    int buffers_back;  // added to the ring but not yet published
    struct connection* connections;
    int* starved;  // a ring of connections that wait for a buffer
    unsigned starved_head, starved_tail;
    struct sockaddr_in accept_peer[single_accepts];
    socklen_t accept_size[single_accepts];
};

static struct io_uring_sqe* next_entry(struct server* server) {
    struct io_uring_sqe* entry = io_uring_get_sqe(&server->ring);
    if (!entry) {
        must_uring("io_uring_submit", io_uring_submit(&server->ring));
        entry = io_uring_get_sqe(&server->ring);
        if (!entry) fail("io_uring: no submission entry after a submit");
    }
    return entry;
}

// After the prep function, which clears it.
static void tag(struct io_uring_sqe* entry, enum operation operation, unsigned index) {
    io_uring_sqe_set_data64(entry, ((uint64_t)operation << 32) | index);
}

static void start_accept(struct server* server, unsigned index) {
    struct io_uring_sqe* entry = next_entry(server);
    if (server->addresses) {
        server->accept_size[index] = sizeof server->accept_peer[index];
        io_uring_prep_accept_direct(entry, server->listener,
                                    (struct sockaddr*)&server->accept_peer[index],
                                    &server->accept_size[index], 0, IORING_FILE_INDEX_ALLOC - 1);
    } else {
        io_uring_prep_multishot_accept_direct(entry, server->listener, NULL, NULL, 0);
    }
    tag(entry, op_accept, index);
}

static void start_receive(struct server* server, unsigned slot) {
    struct io_uring_sqe* entry = next_entry(server);
    io_uring_prep_recv_multishot(entry, (int)slot, NULL, 0, 0);
    entry->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    entry->buf_group = buffer_group;
    tag(entry, op_receive, slot);
    server->connections[slot].receiving = 1;
}

static void start_send(struct server* server, unsigned slot) {
    struct connection* connection = &server->connections[slot];
    int buffer = connection->head;
    struct io_uring_sqe* entry = next_entry(server);
    io_uring_prep_send(
        entry, (int)slot, server->memory + (size_t)buffer * buffer_size + connection->head_offset,
        server->length[buffer] - connection->head_offset, MSG_NOSIGNAL | MSG_WAITALL);
    entry->flags |= IOSQE_FIXED_FILE;
    tag(entry, op_send, slot);
    connection->sending = 1;
}

static void start_close(struct server* server, unsigned slot) {
    struct io_uring_sqe* entry = next_entry(server);
    io_uring_prep_close_direct(entry, slot);
    tag(entry, op_close, slot);
}

// Ends a receive that is still armed on a connection whose send has failed. A worker of the kernel
// does it, and looks the slot up late: the slot must not be closed, and so reused, before.
static void start_shutdown(struct server* server, unsigned slot) {
    struct io_uring_sqe* entry = next_entry(server);
    io_uring_prep_shutdown(entry, (int)slot, SHUT_RDWR);
    entry->flags |= IOSQE_FIXED_FILE;
    tag(entry, op_shutdown, slot);
    server->connections[slot].shutting = 1;
}

static void give_back(struct server* server, int buffer) {
    io_uring_buf_ring_add(server->buffers, server->memory + (size_t)buffer * buffer_size,
                          buffer_size, (unsigned short)buffer, io_uring_buf_ring_mask(buffer_count),
                          server->buffers_back++);
}

// Publishes what came back, and re-arms as many starved receives as there are buffers for.
static void publish_buffers(struct server* server) {
    if (!server->buffers_back) return;
    int back = server->buffers_back;
    io_uring_buf_ring_advance(server->buffers, back);
    server->buffers_back = 0;
    while (back-- && server->starved_head != server->starved_tail) {
        unsigned slot = (unsigned)server->starved[server->starved_head++ % most_connections];
        server->connections[slot].starved = 0;
        start_receive(server, slot);
    }
}

static void close_when_done(struct server* server, unsigned slot) {
    struct connection* connection = &server->connections[slot];
    if (connection->receiving || connection->sending) return;
    if (connection->shutting || connection->starved) return;
    while (connection->head != nothing) {
        int buffer = connection->head;
        connection->head = server->next[buffer];
        give_back(server, buffer);
    }
    start_close(server, slot);
}

static void on_accept(struct server* server, const struct io_uring_cqe* completion,
                      unsigned index) {
    int slot = completion->res;
    if (slot >= 0) {
        struct connection* connection = &server->connections[slot];
        *connection = (struct connection){.head = nothing, .tail = nothing};
        if (server->addresses) connection->peer = server->accept_peer[index];
        start_receive(server, (unsigned)slot);
    } else if (slot == -ENFILE) {
        // Every direct descriptor is taken: again after a close.
        server->stopped[server->stopped_count++] = (int)index;
        return;
    } else if (slot != -ECONNABORTED && slot != -EINTR) {
        must_uring("accept", slot);
    }
    if (!(completion->flags & IORING_CQE_F_MORE)) start_accept(server, index);
}

static void queue_buffer(struct server* server, unsigned slot, int buffer, unsigned size) {
    struct connection* connection = &server->connections[slot];
    server->length[buffer] = size;
    server->next[buffer] = nothing;
    if (connection->head == nothing) {
        connection->head = buffer;
        connection->head_offset = 0;
    } else {
        server->next[connection->tail] = buffer;
    }
    connection->tail = buffer;
    if (!connection->sending) start_send(server, slot);
}

static void on_receive(struct server* server, const struct io_uring_cqe* completion,
                       unsigned slot) {
    struct connection* connection = &server->connections[slot];
    int ended = !(completion->flags & IORING_CQE_F_MORE);
    if (ended) connection->receiving = 0;
    if (completion->res > 0) {
        int buffer = (int)(completion->flags >> IORING_CQE_BUFFER_SHIFT);
        if (connection->broken) {
            give_back(server, buffer);
        } else {
            queue_buffer(server, slot, buffer, (unsigned)completion->res);
        }
        if (ended && !connection->broken) start_receive(server, slot);
    } else if (completion->res == -ENOBUFS && !connection->broken) {
        connection->starved = 1;
        server->starved[server->starved_tail++ % most_connections] = (int)slot;
    } else {
        connection->ending = 1;
    }
    if (connection->ending || connection->broken) close_when_done(server, slot);
}

static void on_send(struct server* server, const struct io_uring_cqe* completion, unsigned slot) {
    struct connection* connection = &server->connections[slot];
    connection->sending = 0;
    if (completion->res <= 0) {
        connection->broken = 1;
        if (connection->receiving) start_shutdown(server, slot);
        close_when_done(server, slot);
        return;
    }
    connection->head_offset += (unsigned)completion->res;
    int buffer = connection->head;
    if (connection->head_offset == server->length[buffer]) {
        connection->head = server->next[buffer];
        connection->head_offset = 0;
        give_back(server, buffer);
    }
    if (connection->head != nothing) {
        start_send(server, slot);
    } else if (connection->ending) {
        close_when_done(server, slot);
    }
}

static void on_completion(struct server* server, const struct io_uring_cqe* completion) {
    unsigned index = (unsigned)completion->user_data;
    switch ((enum operation)(completion->user_data >> 32)) {
        case op_accept:
            on_accept(server, completion, index);
            break;
        case op_receive:
            on_receive(server, completion, index);
            break;
        case op_send:
            on_send(server, completion, index);
            break;
        case op_close:
            must_uring("close", completion->res);
            if (server->stopped_count) {
                start_accept(server, (unsigned)server->stopped[--server->stopped_count]);
            }
            break;
        case op_shutdown:
            server->connections[index].shutting = 0;
            close_when_done(server, index);
            break;
            break;  // the receive's own end tells the rest
    }
}

static void open_ring(struct server* server) {
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
        .cq_entries = completion_entries};
    must_uring("io_uring_queue_init_params",
               io_uring_queue_init_params(ring_entries, &server->ring, &parameters));
    must_uring("io_uring_register_ring_fd", io_uring_register_ring_fd(&server->ring));
    must_uring("io_uring_register_files_sparse",
               io_uring_register_files_sparse(&server->ring, most_connections));
    size_t ring_bytes = buffer_count * sizeof(struct io_uring_buf);
    size_t bytes = ring_bytes + (size_t)buffer_count * buffer_size;
    void* memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail_errno("mmap");
    server->buffers = memory;
    server->memory = (char*)memory + ring_bytes;
    struct io_uring_buf_reg registration = {
        .ring_addr = (uintptr_t)memory, .ring_entries = buffer_count, .bgid = buffer_group};
    must_uring("io_uring_register_buf_ring",
               io_uring_register_buf_ring(&server->ring, &registration, 0));
    io_uring_buf_ring_init(server->buffers);
    for (int i = 0; i < buffer_count; ++i) give_back(server, i);
    publish_buffers(server);
}

static void wait_for_completions(struct server* server) {
    if (server->spin_us) {
        uint64_t end = now_ns() + (uint64_t)server->spin_us * 1000;
        do {
            must_uring("io_uring_enter", io_uring_submit_and_get_events(&server->ring));
            if (io_uring_cq_ready(&server->ring)) return;
        } while (now_ns() < end);
    }
    int result = io_uring_submit_and_wait(&server->ring, 1);
    if (result < 0 && result != -EINTR) must_uring("io_uring_enter", result);
}

int main(int argc, char** argv) {
    static struct server server;
    const char* address = "7000";
    const struct option_entry options[] = {{"spin", option_integer, &server.spin_us},
                                           {"addresses", option_flag, &server.addresses}};
    parse_options(argc, argv, options, 2, &address, 1);
    raise_descriptor_limit();
    server.connections = must_allocate(most_connections, sizeof *server.connections);
    server.starved = must_allocate(most_connections, sizeof *server.starved);
    server.listener = open_listener(address, 0);
    open_ring(&server);
    unsigned accepts = server.addresses ? single_accepts : 1;
    for (unsigned i = 0; i < accepts; ++i) start_accept(&server, i);
    for (;;) {
        wait_for_completions(&server);
        struct io_uring_cqe* completion;
        unsigned head, count = 0;
        io_uring_for_each_cqe(&server.ring, head, completion) {
            on_completion(&server, completion);
            ++count;
        }
        io_uring_cq_advance(&server.ring, count);
        publish_buffers(&server);
    }
}
