// Echo server on libuv, at its best: writes at once (uv_try_write) into the socket, and queues
// only what the socket does not take. One read buffer for all, since reads never overlap.
#include <uv.h>

#include "../instruments/address.h"
#include "../instruments/options.h"

enum { block_size = 65536 };
static char block[block_size];

struct queued_write {
    uv_write_t request;
    char data[];
};

static void must_uv(const char* operation, int result) {
    if (result < 0) fail("%s: %s", operation, uv_strerror(result));
}

static void lend_block(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer) {
    (void)handle, (void)suggested;
    *buffer = uv_buf_init(block, block_size);
}

static void on_closed(uv_handle_t* handle) {
    free(handle);
}

static void on_written(uv_write_t* request, int status) {
    (void)status;  // a failed write shows in the next read too
    free(request);
}

static void queue_rest(uv_stream_t* stream, const char* data, size_t size) {
    struct queued_write* write = must_allocate(1, sizeof *write + size);
    memcpy(write->data, data, size);
    uv_buf_t buffer = uv_buf_init(write->data, (unsigned)size);
    if (uv_write(&write->request, stream, &buffer, 1, on_written) < 0) free(write);
}

static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t* buffer) {
    if (size < 0) {
        uv_close((uv_handle_t*)stream, on_closed);
        return;
    }
    if (size == 0) return;
    uv_buf_t data = uv_buf_init(buffer->base, (unsigned)size);
    int sent = uv_try_write(stream, &data, 1);
    if (sent < 0) sent = 0;
    if (sent < size) queue_rest(stream, buffer->base + sent, (size_t)(size - sent));
}

static void on_connection(uv_stream_t* listener, int status) {
    must_uv("accept", status);
    uv_tcp_t* client = must_allocate(1, sizeof *client);
    must_uv("uv_tcp_init", uv_tcp_init(listener->loop, client));
    must_uv("uv_accept", uv_accept(listener, (uv_stream_t*)client));
    must_uv("uv_read_start", uv_read_start((uv_stream_t*)client, lend_block, on_read));
}

int main(int argc, char** argv) {
    const char* text = "7000";
    parse_options(argc, argv, NULL, 0, &text, 1);
    raise_descriptor_limit();
    uv_loop_t* loop = uv_default_loop();
    uv_tcp_t listener;
    must_uv("uv_tcp_init", uv_tcp_init(loop, &listener));
    must_uv("uv_tcp_open", uv_tcp_open(&listener, open_listener(text, SOCK_NONBLOCK)));
    must_uv("uv_listen", uv_listen((uv_stream_t*)&listener, listen_backlog, on_connection));
    return uv_run(loop, UV_RUN_DEFAULT);
}
