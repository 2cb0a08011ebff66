// The seam: what every engine does for the layers above, and nothing of how.
//
// An engine starts operations and reports their ends: completions only, never readiness. Nothing
// above this file knows whether io_uring, epoll or a simulation runs underneath; time and chance
// come from here too, so that a simulated program repeats exactly.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sockeye/core/address.hpp"
#include "sockeye/core/bytes.hpp"
#include "sockeye/core/clock.hpp"

namespace sockeye {

// A socket, file or other descriptor in its engine's own space: for io_uring and epoll the file
// descriptor's number, for a simulation a number of its own.
enum class handle : int { none = -1 };

enum class transport_kind : std::uint8_t { stream, datagram, seqpacket };

// Which half of a connection ends: see shutdown(2).
enum class shutdown_how : std::uint8_t { receiving, sending, both };

// One thing asked of an engine. It belongs to the caller, usually inside a coroutine's frame, and
// must stay where it is from the call that starts it until its completion.
//
// `result` is what the system call would give: a count or a handle, or minus an errno value. A
// cancelled operation ends with -ECANCELED, or with its real result when that came first.
class operation {
  public:
    // Called from `engine::run_once`, on the engine's thread, once for each operation that was not
    // finished by the call that started it. It may start further operations and may end this one's
    // life.
    using completion = void (*)(operation&) noexcept;

    explicit operation(completion on_complete) noexcept : on_complete(on_complete) {}

    std::int64_t result = 0;
    completion on_complete;

    // The engine's own, while it is pending; the loop's, in its ready queue.
    operation* next = nullptr;
    handle target = handle::none;
    std::uint16_t generation = 0;
    std::uint8_t kind = 0;
    std::uint8_t stage = 0;
};

// A new connection. result: its handle.
struct accept_operation : operation {
    using operation::operation;
    address peer;
};

// result: 0.
struct connect_operation : operation {
    using operation::operation;
    address peer;
    // The engine's.
    alignas(8) std::byte socket_address[128] = {};
    std::uint32_t socket_address_size = 0;
};

// Bytes of a stream, in a buffer that the engine chose: up to 64 KiB. result: how many, 0 at the
// end of the stream. A waiting receive holds no buffer.
struct recv_operation : operation {
    using operation::operation;
    buffer data;
};

// All the bytes of `parts`, in order, however many system calls that takes. result: their sum, or
// an error (then a prefix of unknown length was sent). The views and the bytes stay until
// completion.
struct send_operation : operation {
    using operation::operation;
    const bytes_view* parts = nullptr;
    std::uint32_t count = 0;
    // The engine's place in the list.
    std::uint32_t part = 0;
    std::size_t offset = 0;
};

// One datagram, whole (at most 64 KiB). result: its size, which may be 0.
struct recv_from_operation : operation {
    using operation::operation;
    buffer data;
    address peer;
};

// One datagram. result: its size. `peer` is unspecified on a connected socket.
struct send_to_operation : operation {
    using operation::operation;
    bytes_view data;
    address peer;
};

// Waits until poll(2)'s `events` hold. result: those that do.
struct poll_operation : operation {
    using operation::operation;
    short events = 0;
};

// pread(2), pwrite(2): `offset` -1 is the file's own position. result: how many bytes.
struct read_operation : operation {
    using operation::operation;
    std::byte* into = nullptr;
    std::size_t size = 0;
    std::int64_t offset = -1;
};
struct write_operation : operation {
    using operation::operation;
    bytes_view data;
    std::int64_t offset = -1;
};

enum class sync_what : std::uint8_t { data, data_and_metadata };
struct sync_operation : operation {
    using operation::operation;
    sync_what what = sync_what::data_and_metadata;
};

// splice(2) between a pipe and anything; offsets as for read. result: how many bytes.
struct splice_operation : operation {
    using operation::operation;
    handle to = handle::none;
    std::size_t size = 0;
    std::int64_t from_offset = -1;
    std::int64_t to_offset = -1;
};

// A function that blocks, run on the engine's bounded pool of threads (simulated: at once, with
// `cost` charged to the virtual time). result: what it returns. It cannot be cancelled once it
// runs.
struct blocking_operation : operation {
    using operation::operation;
    std::int64_t (*work)(void* context) noexcept = nullptr;
    void* context = nullptr;
    duration cost{0};
};

// What an engine has counted since it was made. Only ever grows, except the two gauges.
struct engine_counters {
    std::uint64_t operations = 0;         // started
    std::uint64_t completions = 0;        // reported
    std::uint64_t immediate = 0;          // finished by the call that started them
    std::uint64_t waits = 0;              // times the engine asked the kernel for completions
    std::uint64_t buffers_lent = 0;       // gauge: receive buffers that leases hold
    std::uint64_t buffers_copied = 0;     // deliveries copied, the lending budget being spent
    std::uint64_t buffers_exhausted = 0;  // receives that found no buffer and were started again
    std::uint64_t receives_paused = 0;    // connections whose reader fell behind
    std::uint64_t overflows = 0;          // completion queue overflows
    std::uint64_t sockets = 0;            // gauge: handles open
};

// Not thread-safe, but for `wake`: an engine belongs to the thread that made it.
//
// Functions that start an operation return true when it has finished already: `result` is set and
// `on_complete` will not be called. Otherwise `on_complete` is called later, from `run_once`, never
// from inside the function that started or cancelled it.
//
// At most one receive (or accept) and one send may be pending on a handle.
class engine {
  public:
    // Closes what is still open. Nobody may use its handles afterwards; leases may live on.
    virtual ~engine() = default;
    engine() = default;
    engine(const engine&) = delete;
    engine& operator=(const engine&) = delete;

    // "uring", "epoll" or "simulated".
    virtual std::string_view name() const noexcept = 0;

    virtual time_point now() noexcept = 0;
    // Wall-clock time since 1970, for what people read; it may jump.
    virtual std::chrono::nanoseconds wall_time() noexcept = 0;
    virtual std::uint64_t random() noexcept = 0;

    // At once, never waiting. Each returns 0 (open_socket and adopt a handle) or minus an errno.
    virtual int open_socket(family protocol, transport_kind kind) noexcept = 0;
    // Takes over a descriptor of this process; it is made non-blocking where that matters.
    virtual int adopt(int fd) noexcept = 0;
    // Gives the descriptor back, as a file descriptor; -EBUSY once anything was received through
    // it.
    virtual int detach(handle h) noexcept = 0;
    virtual int bind(handle h, const address& local) noexcept = 0;
    virtual int listen(handle h, int backlog) noexcept = 0;
    virtual int local_address(handle h, address& out) noexcept = 0;
    virtual int peer_address(handle h, address& out) noexcept = 0;
    virtual int set_option(handle h, int level, int name, bytes_view value) noexcept = 0;
    virtual int get_option(handle h, int level, int name, void* value,
                           std::size_t size) noexcept = 0;
    virtual int shutdown(handle h, shutdown_how how) noexcept = 0;
    // Ends a handle and returns at once. No operation of the caller's may be pending on it; what
    // the engine itself has under way is cancelled and awaited before the descriptor is closed.
    virtual void close(handle h) noexcept = 0;

    virtual bool accept(handle h, accept_operation& op) noexcept = 0;
    virtual bool connect(handle h, connect_operation& op) noexcept = 0;
    virtual bool recv(handle h, recv_operation& op) noexcept = 0;
    virtual bool send(handle h, send_operation& op) noexcept = 0;
    virtual bool recv_from(handle h, recv_from_operation& op) noexcept = 0;
    virtual bool send_to(handle h, send_to_operation& op) noexcept = 0;
    virtual bool poll(handle h, poll_operation& op) noexcept = 0;
    virtual bool read(handle h, read_operation& op) noexcept = 0;
    virtual bool write(handle h, write_operation& op) noexcept = 0;
    virtual bool sync(handle h, sync_operation& op) noexcept = 0;
    virtual bool splice(handle from, splice_operation& op) noexcept = 0;
    virtual bool blocking(blocking_operation& op) noexcept = 0;

    // Asks for an early end of a pending operation; its completion still comes, exactly once.
    virtual void cancel(operation& op) noexcept = 0;

    // Submits what was started and delivers completions, waiting for the first until `until`
    // (time_point::max(): for ever; a past time: not at all), or until `wake`. Spins for `spin` of
    // that wait before it sleeps.
    virtual void run_once(time_point until, duration spin) noexcept = 0;
    // Ends a wait, or the next one. From any thread, and safe in a signal handler.
    virtual void wake() noexcept = 0;
    // True while a closed handle or a cancelled operation still waits for the kernel.
    virtual bool busy() const noexcept = 0;

    virtual engine_counters counters() const noexcept = 0;
};

enum class engine_choice : std::uint8_t { automatic, uring, epoll };

// The engine for this thread: io_uring where the kernel allows it, else epoll (the reason is
// written once to stderr). `automatic` obeys the environment variable SOCKEYE_ENGINE ("uring",
// "epoll"). Throws `error` when the one asked for by name cannot be had.
std::unique_ptr<engine> make_engine(engine_choice choice = engine_choice::automatic);

// "automatic", "uring" or "epoll"; throws `error` for another word.
engine_choice parse_engine_choice(std::string_view name);

}  // namespace sockeye
