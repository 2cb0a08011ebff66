// The network of a simulated world: who has which address, who is bound where, and how long a
// message takes. Streams and datagram sockets are its endpoints.
#pragma once

#include <deque>
#include <map>
#include <vector>

#include "sockeye/engine/simulated_endpoint.hpp"
#include "sockeye/engine/simulation.hpp"

namespace sockeye {

class simulated_socket;

class simulated_network {
  public:
    explicit simulated_network(simulation& world) : world_(world) {}

    host_id add_host(std::span<const address> addresses);
    // The host that a message from `from` to `to` reaches, if there is one.
    std::optional<host_id> host_of(host_id from, const address& to) const;
    // The address of `host` that a connection to `to` comes from; unspecified when it has none.
    address source_for(host_id host, const address& to) const;
    duration latency(host_id from, host_id to);

    // Sockets of one kind on one host; they may not share an address.
    int bind(simulated_socket& socket, const address& local, address& bound);
    void unbind(const simulated_socket& socket);
    std::shared_ptr<simulated_socket> find(host_id host, transport_kind kind,
                                           const address& local) const;

  private:
    // No pointers: their order would differ from run to run.
    struct place {
        host_id host;
        transport_kind kind;
        address local;
        auto operator<=>(const place&) const = default;
    };
    bool has_address(host_id host, const address& local) const;
    bool is_taken(const place& where) const;

    simulation& world_;
    std::vector<std::vector<address>> hosts_;
    std::map<place, std::weak_ptr<simulated_socket>> bound_;
};

// What streams and datagram sockets share: a host, a family, a name.
class simulated_socket : public simulated_endpoint,
                         public std::enable_shared_from_this<simulated_socket> {
  public:
    simulated_socket(simulation& world, host_id host, family protocol, transport_kind kind)
        : kind(kind), host(host), world_(world), family_(protocol) {}

    int bind(const address& local) override;
    int local_address(address& out) override;
    int peer_address(address& out) override;
    int take_error() override { return std::exchange(error_, 0); }

    const transport_kind kind;
    const host_id host;

  protected:
    friend class simulated_network;

    template <class Socket>
    std::weak_ptr<Socket> weak() {
        return std::static_pointer_cast<Socket>(shared_from_this());
    }
    // Binds to any port, as connect(2) and sendto(2) do where there is no name yet.
    int bind_for(const address& peer);
    // How much of `size` this transfer moves: all, or by chance less.
    std::size_t by_chance_less(std::size_t size);

    simulation& world_;
    family family_;
    address local_;
    address remote_;
    bool is_bound_ = false;
    int error_ = 0;
};

class simulated_stream final : public simulated_socket {
  public:
    simulated_stream(simulation& world, host_id host, family protocol);
    // Two connected ends, as of socketpair(2) and pipe(2).
    static void join(simulated_stream& a, simulated_stream& b);

    int listen(int backlog) override;
    int shutdown(shutdown_how how) override;
    void close() override;
    int begin_connect(const address& to) override;
    int end_connect() override;
    std::int64_t accept(address& peer, std::shared_ptr<simulated_endpoint>& out) override;
    std::int64_t receive(std::byte* into, std::size_t size) override;
    std::int64_t send(bytes_view data) override;
    short readiness() override;
    std::size_t room() const override { return room_; }

  private:
    enum class state : std::uint8_t { fresh, listening, connecting, connected, closed };

    void ask(unsigned attempt);
    void asked(const std::shared_ptr<simulated_stream>& client, unsigned attempt);
    void answered(int error);
    // Runs `then` on the other end, after all that was sent before; on nobody, `lost` runs.
    template <class Then>
    void to_peer(simulated_event what, Then then);
    void give_room(std::size_t size);
    std::size_t least_room() const;
    void send_end();
    void reset_peer();
    void was_reset();

    state state_ = state::fresh;
    bool end_was_sent_ = false;
    bool end_has_come_ = false;
    bool receives_no_more_ = false;
    int backlog_ = 0;
    std::deque<std::shared_ptr<simulated_stream>> pending_;
    std::weak_ptr<simulated_stream> peer_;
    host_id peer_host_{};
    std::string arrived_;
    std::size_t room_;           // what may be sent before the other end has read some
    time_point last_arrival_{};  // of what was sent: a stream keeps its order
};

class simulated_datagram final : public simulated_socket {
  public:
    using simulated_socket::simulated_socket;

    void close() override;
    int begin_connect(const address& to) override;
    int end_connect() override { return 0; }
    int shutdown(shutdown_how) override { return 0; }
    std::int64_t receive(std::byte* into, std::size_t size) override;
    std::int64_t send(bytes_view data) override { return send_datagram(data, remote_); }
    std::int64_t receive_datagram(buffer& data, address& peer) override;
    std::int64_t send_datagram(bytes_view data, const address& to) override;
    short readiness() override;
    bool has_messages() const override { return true; }

  private:
    struct datagram {
        std::string data;
        address from;
    };
    void arrive(datagram message);
    void refused(const address& by);
    std::int64_t take(datagram& message);

    std::deque<datagram> arrived_;
    std::size_t arrived_size_ = 0;
    bool is_closed_ = false;
};

}  // namespace sockeye
