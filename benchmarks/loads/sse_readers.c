// Live readers and a paced publisher: R readers of `GET /topics/<filter>` as an event stream, and
// publishers that POST at a given rate, in order, pipelined on keep-alive connections.
//
//   sse_readers_load HOST:PORT [--readers N] [--probes N] [--publishers N] [--rate N]
//                    [--size BYTES] [--seconds S] [--warmup S] [--topic T] [--filter F]
//                    [--sweep-ms N] [--drain S] [--core N --pid N]
//
// Checked for every reader: ids strictly increase; each publisher's numbers come without a gap or
// a double; at the end all have arrived. A payload begins with a mark: publisher, number, and when
// it was due (not when it left, so that a publisher held up hides nothing).
//
// A million deliveries a second must be received on one core. So most readers are read in sweeps
// (every --sweep-ms, many events a read), and only the first --probes are read as soon as they are
// readable: theirs are the latencies. Prints one JSON line.
#define _GNU_SOURCE
#include <stddef.h>
#include <sys/epoll.h>

#include "../instruments/address.h"
#include "../instruments/event_stream.h"
#include "../instruments/histogram.h"
#include "../instruments/http_answer.h"
#include "../instruments/options.h"
#include "../instruments/window.h"

enum {
    most_publishers = 64,
    block_size = 1 << 20,
    event_batch = 256,
    largest_size = 65536,
    largest_answers = 65536,
    pending_size = 8 << 20
};

struct publisher {
    int socket;
    uint64_t published, answered;
    char* pending;  // built, not yet taken by the socket
    size_t pending_begin, pending_end;
    char answers[largest_answers + 1];
    size_t answers_size;
    int64_t last_id;
};

struct reader {
    int socket;
    struct event_stream stream;
    int64_t last_id;
    uint64_t events;
    uint64_t next[];  // by publisher: the number that comes next
};

struct load {
    int poll, reader_count, probe_count, publisher_count, rate, size, sweep_ms, core, pid;
    double seconds, warmup, drain;
    const char *topic, *filter, *address_text;
    struct sockaddr_in address;
    struct reader** readers;
    struct publisher* publishers;
    char *head, *filler, *block;
    uint64_t first_due_ns, due_count, measured_from_ns, deliveries;
    struct histogram latency, answer_latency;
    struct window window;
    uint64_t window_deliveries;
};

static uint64_t due_time(const struct load* load, uint64_t count) {
    return load->first_due_ns + count * 1000000000u / (uint64_t)load->rate;
}

static void on_event(void* context, struct event_stream* stream) {
    struct load* load = context;
    struct reader* reader = (struct reader*)((char*)stream - offsetof(struct reader, stream));
    if (stream->id <= reader->last_id) {
        fail("id %lld after %lld", (long long)stream->id, (long long)reader->last_id);
    }
    reader->last_id = stream->id;
    const struct event_mark* mark = &stream->mark;
    if (mark->publisher >= (unsigned)load->publisher_count)
        fail("an event of no publisher of ours");
    uint64_t wanted = reader->next[mark->publisher]++;
    if (mark->number != wanted) {
        fail("publisher %u: event %llu where %llu was due", mark->publisher,
             (unsigned long long)mark->number, (unsigned long long)wanted);
    }
    ++reader->events;
    ++load->deliveries;
    if (stream->probed && mark->due_ns >= load->measured_from_ns) {
        histogram_add(&load->latency, now_ns() - mark->due_ns);
    }
}

// Reads once; true when the block was filled, so that more may wait.
static int read_events(struct load* load, struct reader* reader) {
    size_t kept = event_stream_restore(&reader->stream, load->block);
    ssize_t size = recv(reader->socket, load->block + kept, block_size - kept, MSG_DONTWAIT);
    if (size == 0) fail("the server ended an event stream");
    if (size < 0 && errno != EAGAIN) fail_errno("recv");
    if (size <= 0) return 0;
    event_stream_receive(&reader->stream, load->block, kept + (size_t)size, on_event, load);
    return kept + (size_t)size == block_size;
}

static void sweep(struct load* load) {
    for (int i = load->probe_count; i < load->reader_count; ++i) {
        while (read_events(load, load->readers[i])) {
        }
    }
}

static void build_due(struct load* load, uint64_t now) {
    while (due_time(load, load->due_count) <= now) {
        struct publisher* publisher =
            &load->publishers[load->due_count % (uint64_t)load->publisher_count];
        size_t room = pending_size - publisher->pending_end;
        if (room < (size_t)load->size + 1024) return;  // the server takes no more: later
        char* place = publisher->pending + publisher->pending_end;
        int head = snprintf(place, 1024, "%s%c%02u%012llu%020llu;", load->head, event_mark_sign,
                            (unsigned)(publisher - load->publishers),
                            (unsigned long long)publisher->published,
                            (unsigned long long)due_time(load, load->due_count));
        size_t filler = (size_t)load->size - event_mark_size;
        memcpy(place + head, load->filler, filler);
        publisher->pending_end += (size_t)head + filler;
        ++publisher->published;
        ++load->due_count;
    }
}

static void flush(struct publisher* publisher) {
    while (publisher->pending_begin < publisher->pending_end) {
        ssize_t sent =
            send(publisher->socket, publisher->pending + publisher->pending_begin,
                 publisher->pending_end - publisher->pending_begin, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) return;
        if (sent < 0) fail_errno("send");
        publisher->pending_begin += (size_t)sent;
    }
    publisher->pending_begin = publisher->pending_end = 0;
}

static void take_answers(struct load* load, struct publisher* publisher) {
    ssize_t size = recv(publisher->socket, publisher->answers + publisher->answers_size,
                        largest_answers - publisher->answers_size, MSG_DONTWAIT);
    if (size == 0) fail("the server closed a publisher's connection");
    if (size < 0 && errno != EAGAIN) fail_errno("recv");
    if (size <= 0) return;
    publisher->answers_size += (size_t)size;
    publisher->answers[publisher->answers_size] = 0;
    size_t done = 0;
    struct http_answer answer;
    while (parse_answer(publisher->answers + done, publisher->answers_size - done, &answer)) {
        int64_t id = answered_id(&answer);
        if (id <= publisher->last_id) fail("the answers' ids do not grow");
        publisher->last_id = id;
        uint64_t due = publisher->answered * (uint64_t)load->publisher_count +
                       (uint64_t)(publisher - load->publishers);
        if (due_time(load, due) >= load->measured_from_ns) {
            histogram_add(&load->answer_latency, now_ns() - due_time(load, due));
        }
        ++publisher->answered;
        done += answer.size;
    }
    publisher->answers_size -= done;
    memmove(publisher->answers, publisher->answers + done, publisher->answers_size);
}

static void on_ready(struct load* load, uint64_t index) {
    if (index >= (uint64_t)load->reader_count) {
        take_answers(load, &load->publishers[index - (uint64_t)load->reader_count]);
        return;
    }
    read_events(load, load->readers[index]);
}

enum publishing { publishing_on, publishing_off };

static void run_until(struct load* load, uint64_t end_ns, enum publishing publishing) {
    static uint64_t next_sweep;
    struct epoll_event events[event_batch];
    for (uint64_t now; (now = now_ns()) < end_ns;) {
        if (publishing == publishing_on) build_due(load, now);
        for (int i = 0; i < load->publisher_count; ++i) flush(&load->publishers[i]);
        if (now >= next_sweep) {
            sweep(load);
            next_sweep = now_ns() + (uint64_t)load->sweep_ms * 1000000;
        }
        int count = epoll_wait(load->poll, events, event_batch, 1);
        if (count < 0 && errno != EINTR) fail_errno("epoll_wait");
        for (int i = 0; i < count; ++i) on_ready(load, events[i].data.u64);
    }
}

static int all_arrived(const struct load* load) {
    for (int p = 0; p < load->publisher_count; ++p) {
        if (load->publishers[p].answered < load->publishers[p].published) return 0;
    }
    for (int i = 0; i < load->reader_count; ++i) {
        if (load->readers[i]->events < load->due_count) return 0;
    }
    return 1;
}

static void watch(struct load* load, int socket, uint64_t index) {
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = index};
    must("epoll_ctl", epoll_ctl(load->poll, EPOLL_CTL_ADD, socket, &event));
}

static void open_readers(struct load* load) {
    char request[2048];
    int size = snprintf(request, sizeof request,
                        "GET /topics/%s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n",
                        load->filter, load->address_text);
    if (size >= (int)sizeof request) fail("--filter: too long");
    load->readers = must_allocate((size_t)load->reader_count, sizeof *load->readers);
    for (int i = 0; i < load->reader_count; ++i) {
        struct reader* reader =
            must_allocate(1, sizeof *reader + sizeof(uint64_t) * (size_t)load->publisher_count);
        reader->socket = open_connection(&load->address);
        reader->stream.probed = i < load->probe_count;
        load->readers[i] = reader;
        if (send(reader->socket, request, (size_t)size, MSG_NOSIGNAL) != size) fail_errno("send");
        if (i < load->probe_count) watch(load, reader->socket, (uint64_t)i);
    }
    // Each must be answered before the first event, else it would rightly miss it.
    for (int i = 0; i < load->reader_count; ++i) {
        char first;
        must("waiting for a stream's head",
             (int)recv(load->readers[i]->socket, &first, 1, MSG_PEEK));
    }
}

static void open_publishers(struct load* load) {
    load->publishers = must_allocate((size_t)load->publisher_count, sizeof *load->publishers);
    for (int i = 0; i < load->publisher_count; ++i) {
        struct publisher* publisher = &load->publishers[i];
        publisher->socket = open_connection(&load->address);
        publisher->pending = must_allocate(1, pending_size);
        watch(load, publisher->socket, (uint64_t)(load->reader_count + i));
    }
    load->head = must_allocate(1, 1024);
    int size = snprintf(load->head, 900,
                        "POST /topics/%s HTTP/1.1\r\nHost: %s\r\nContent-Type: text/plain\r\n"
                        "Content-Length: %d\r\n\r\n",
                        load->topic, load->address_text, load->size);
    if (size >= 900) fail("--topic: too long");
    load->filler = must_allocate(1, (size_t)load->size);
    memset(load->filler, 's', (size_t)load->size);
}

static void measure(struct load* load) {
    load->first_due_ns = now_ns();
    load->measured_from_ns = load->first_due_ns + seconds_to_ns(load->warmup);
    run_until(load, load->measured_from_ns, publishing_on);
    uint64_t before = load->deliveries;
    window_open(&load->window);
    run_until(load, load->measured_from_ns + seconds_to_ns(load->seconds), publishing_on);
    sweep(load);
    window_close(&load->window);
    load->window_deliveries = load->deliveries - before;
    uint64_t last_ns = now_ns() + seconds_to_ns(load->drain);
    while (!all_arrived(load) && now_ns() < last_ns) {
        run_until(load, now_ns() + 50000000u, publishing_off);
    }
}

static void report(const struct load* load) {
    uint64_t least = UINT64_MAX, answered = 0;
    for (int i = 0; i < load->reader_count; ++i) {
        if (load->readers[i]->events < least) least = load->readers[i]->events;
    }
    for (int p = 0; p < load->publisher_count; ++p) answered += load->publishers[p].answered;
    printf(
        "{\"load\":\"sse_readers\",\"readers\":%d,\"rate\":%d,\"size\":%d,\"published\":%llu,"
        "\"answered\":%llu,\"fewest_received\":%llu,\"complete\":%s,\"deliveries\":%llu,",
        load->reader_count, load->rate, load->size, (unsigned long long)load->due_count,
        (unsigned long long)answered, (unsigned long long)least,
        all_arrived(load) ? "true" : "false", (unsigned long long)load->window_deliveries);
    window_print(&load->window);
    printf(",");
    histogram_print(&load->latency, "latency_us");
    printf(",");
    histogram_print(&load->answer_latency, "answer_us");
    printf("}\n");
}

static void check_options(const struct load* load) {
    if (load->size < event_mark_size || load->size > largest_size) {
        fail("--size is %d to %d", event_mark_size, largest_size);
    }
    if (load->publisher_count < 1 || load->publisher_count > most_publishers) {
        fail("--publishers is 1 to %d", most_publishers);
    }
    if (load->rate < 1 || load->reader_count < 1) fail("--rate and --readers are 1 or more");
}

int main(int argc, char** argv) {
    static struct load load = {.reader_count = 1000,
                               .probe_count = 10,
                               .publisher_count = 1,
                               .rate = 1000,
                               .size = 64,
                               .sweep_ms = 20,
                               .core = -1,
                               .seconds = 5,
                               .warmup = 1,
                               .drain = 10,
                               .topic = "bench/live",
                               .filter = "bench/live"};
    load.address_text = "127.0.0.1:8080";
    const struct option_entry options[] = {{"readers", option_integer, &load.reader_count},
                                           {"probes", option_integer, &load.probe_count},
                                           {"publishers", option_integer, &load.publisher_count},
                                           {"rate", option_integer, &load.rate},
                                           {"size", option_integer, &load.size},
                                           {"sweep-ms", option_integer, &load.sweep_ms},
                                           {"seconds", option_number, &load.seconds},
                                           {"warmup", option_number, &load.warmup},
                                           {"drain", option_number, &load.drain},
                                           {"topic", option_text, &load.topic},
                                           {"filter", option_text, &load.filter},
                                           {"core", option_integer, &load.core},
                                           {"pid", option_integer, &load.pid}};
    parse_options(argc, argv, options, sizeof options / sizeof *options, &load.address_text, 1);
    check_options(&load);
    if (load.probe_count > load.reader_count) load.probe_count = load.reader_count;
    raise_descriptor_limit();
    load.window = (struct window){.core = load.core, .pid = load.pid};
    load.address = parse_address(load.address_text);
    load.block = must_allocate(1, block_size);
    load.poll = must("epoll_create1", epoll_create1(EPOLL_CLOEXEC));
    open_readers(&load);
    open_publishers(&load);
    measure(&load);
    report(&load);
    return all_arrived(&load) ? 0 : 1;
}
