// The engine of one program in a simulated world.
#pragma once

#include <atomic>
#include <vector>

#include "sockeye/engine/receive_space.hpp"
#include "sockeye/engine/simulated_endpoint.hpp"
#include "sockeye/engine/simulation.hpp"

namespace sockeye {

class simulated_file;

class simulated_engine final : public engine {
  public:
    // See simulation::make_engine. `seed` is for random().
    simulated_engine(simulation& world, host_id host, std::uint64_t seed);
    // The program ends: its sockets are closed, its operations forgotten.
    ~simulated_engine() override;

    std::string_view name() const noexcept override { return "simulated"; }
    time_point now() noexcept override { return world_.now(); }
    std::chrono::nanoseconds wall_time() noexcept override { return world_.wall_time(); }
    std::uint64_t random() noexcept override { return random_.next(); }

    // What a simulated program cannot open by itself. Each gives handles.
    handle open_file();
    // A pair as of pipe(2): `read` and `write`.
    struct pipe_ends {
        handle read;
        handle write;
    };
    pipe_ends open_pipe();
    // Two connected UNIX sockets.
    struct socket_pair {
        handle a;
        handle b;
    };
    socket_pair open_pair();

    // True when run_once would report something, or was asked to return by `wake`.
    bool has_completions() const noexcept { return !done_.empty() || woken_; }

    int open_socket(family protocol, transport_kind kind) noexcept override;
    // There are no descriptors here: -EOPNOTSUPP.
    int adopt(int fd) noexcept override;
    int detach(handle h) noexcept override;
    int bind(handle h, const address& local) noexcept override;
    int listen(handle h, int backlog) noexcept override;
    int local_address(handle h, address& out) noexcept override;
    int peer_address(handle h, address& out) noexcept override;
    // Every option is accepted, and changes nothing.
    int set_option(handle h, int level, int name, bytes_view value) noexcept override;
    // SO_ERROR, and what set_option has set; zeros for the others.
    int get_option(handle h, int level, int name, void* value, std::size_t size) noexcept override;
    int shutdown(handle h, shutdown_how how) noexcept override;
    void close(handle h) noexcept override;

    bool accept(handle h, accept_operation& op) noexcept override;
    bool connect(handle h, connect_operation& op) noexcept override;
    bool recv(handle h, recv_operation& op) noexcept override;
    bool send(handle h, send_operation& op) noexcept override;
    bool recv_from(handle h, recv_from_operation& op) noexcept override;
    bool send_to(handle h, send_to_operation& op) noexcept override;
    bool poll(handle h, poll_operation& op) noexcept override;
    bool read(handle h, read_operation& op) noexcept override;
    bool write(handle h, write_operation& op) noexcept override;
    bool sync(handle h, sync_operation& op) noexcept override;
    bool splice(handle from, splice_operation& op) noexcept override;
    bool blocking(blocking_operation& op) noexcept override;
    void cancel(operation& op) noexcept override;

    // As in engine.hpp, in virtual time; nothing spins. Where the driver moves the clock it reports
    // what there is and returns. Where waiting does, and nothing at all is to come, it returns
    // too: what would be an endless sleep is a program that can never go on.
    void run_once(time_point until, duration spin) noexcept override;
    void wake() noexcept override { woken_ = true; }
    bool busy() const noexcept override { return false; }
    engine_counters counters() const noexcept override;

    // For endpoints: what waits for this one may be worth another try.
    void changed(handle h);

  private:
    struct option {
        int level;
        int name;
        std::string value;
    };
    struct slot {
        std::shared_ptr<simulated_endpoint> endpoint;
        std::shared_ptr<simulated_file> file;  // the same, where it is one
        std::vector<operation*> waiting;
        std::vector<option> options;
    };

    slot& slot_of(handle h) noexcept { return slots_[static_cast<std::size_t>(h)]; }
    simulated_endpoint& endpoint_of(handle h) noexcept { return *slot_of(h).endpoint; }
    handle enroll(std::shared_ptr<simulated_endpoint> endpoint);

    template <class Operation>
    void begin(Operation& op, handle h) noexcept;
    bool try_or_wait(operation& op);
    bool on_disk(operation& op);
    void later(operation& op, duration after, simulated_event what);
    void retry(operation& op);
    void done(operation& op, std::int64_t result);
    bool stop_waiting(operation& op);

    // One try of each: a result, or -EAGAIN.
    std::int64_t attempt(operation& op);
    std::int64_t attempt_accept(accept_operation& op);
    std::int64_t attempt_recv(recv_operation& op);
    std::int64_t attempt_send(send_operation& op);
    std::int64_t attempt_poll(poll_operation& op);
    std::int64_t attempt_read(read_operation& op);
    std::int64_t attempt_write(write_operation& op);
    std::int64_t attempt_splice(splice_operation& op);

    simulation& world_;
    host_id host_;
    xoroshiro random_;
    std::vector<slot> slots_;
    std::vector<operation*> delayed_;  // with the disk, or with a function that blocks
    std::vector<operation*> done_;
    receive_space space_;
    engine_counters counters_;
    std::atomic<bool> woken_ = false;
    // Events that outlive the engine find this gone.
    std::shared_ptr<simulated_engine*> self_;
};

}  // namespace sockeye
