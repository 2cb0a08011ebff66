// The rig of the engines' tests, for the three engines.
#include "sockeye/engine/engine_rig_test.hpp"

#include <cstdio>
#include <sys/socket.h>
#include <unistd.h>

#include "sockeye/core/unique_fd.hpp"
#include "sockeye/engine/simulated_engine.hpp"

namespace sockeye {

namespace {

class kernel_rig final : public engine_rig {
  public:
    explicit kernel_rig(engine_choice choice) : engine_(make_engine(choice)) {}

    engine& get() override { return *engine_; }
    void end() override { engine_.reset(); }
    handle_pair local_pair() override {
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        return adopt_both(fds);
    }
    handle_pair pipe() override {
        int fds[2];
        EXPECT_EQ(::pipe(fds), 0);
        return adopt_both(fds);
    }
    handle file() override {
        std::FILE* file = std::tmpfile();
        EXPECT_NE(file, nullptr);
        const int fd = ::dup(::fileno(file));
        std::fclose(file);
        return static_cast<handle>(engine_->adopt(fd));
    }
    // A listener whose queue is full drops what else comes: listen(2).
    address silent_address() override {
        full_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_storage storage;
        const socklen_t size = address::loopback(family::ipv4, 0).to_sockaddr(storage);
        auto* name = reinterpret_cast<sockaddr*>(&storage);
        EXPECT_EQ(::bind(full_.get(), name, size), 0);
        EXPECT_EQ(::listen(full_.get(), 0), 0);
        socklen_t length = sizeof storage;
        EXPECT_EQ(::getsockname(full_.get(), name, &length), 0);
        for (auto& fd : fillers_) {
            fd.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
            [[maybe_unused]] const int waits = ::connect(fd.get(), name, length);
        }
        return address::from_sockaddr(name, length);
    }

  private:
    handle_pair adopt_both(const int (&fds)[2]) {
        const int a = engine_->adopt(fds[0]);
        const int b = engine_->adopt(fds[1]);
        return {static_cast<handle>(a), static_cast<handle>(b)};
    }

    std::unique_ptr<engine> engine_;
    unique_fd full_;
    unique_fd fillers_[4];
};

class simulated_rig final : public engine_rig {
  public:
    simulated_rig() : engine_(world_.make_engine(world_.add_host(own_address))) {}

    engine& get() override { return *engine_; }
    void end() override { engine_.reset(); }
    handle_pair local_pair() override {
        const auto [a, b] = engine_->open_pair();
        return {a, b};
    }
    handle_pair pipe() override {
        const auto [read, write] = engine_->open_pipe();
        return {read, write};
    }
    handle file() override { return engine_->open_file(); }
    // Nobody has it.
    address silent_address() override { return address::ipv4(10, 9, 8, 7, 80); }

  private:
    static inline const address own_address[] = {address::ipv4(10, 0, 0, 1, 0)};

    simulation world_;
    std::unique_ptr<simulated_engine> engine_;
};

}  // namespace

std::unique_ptr<engine_rig> make_rig(const std::string& name) {
    if (name == "simulated") return std::make_unique<simulated_rig>();
    return std::make_unique<kernel_rig>(parse_engine_choice(name));
}

std::string pattern(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    std::uint32_t state = seed * 2654435761u + 1;
    for (char& c : text) {
        state = state * 1664525u + 1013904223u;
        c = static_cast<char>(state >> 24);
    }
    return text;
}

engine_test::listening engine_test::listen(int backlog) {
    const auto h = static_cast<handle>(e().open_socket(family::ipv4, transport_kind::stream));
    EXPECT_EQ(e().bind(h, address::loopback(family::ipv4, 0)), 0);
    EXPECT_EQ(e().listen(h, backlog), 0);
    address at;
    EXPECT_EQ(e().local_address(h, at), 0);
    return {h, at};
}

handle engine_test::open_stream() {
    return static_cast<handle>(e().open_socket(family::ipv4, transport_kind::stream));
}

handle_pair engine_test::connect_to(const listening& listener) {
    const handle client = open_stream();
    counted<connect_operation> connecting;
    connecting.peer = listener.at;
    start(connecting, [&] { return e().connect(client, connecting); });
    counted<accept_operation> accepting;
    start(accepting, [&] { return e().accept(listener.socket, accepting); });
    EXPECT_EQ(wait(connecting), 0);
    const auto server = static_cast<handle>(wait(accepting));
    return {client, server};
}

handle_pair engine_test::stream_pair() {
    const listening listener = listen();
    const handle_pair pair = connect_to(listener);
    e().close(listener.socket);
    return pair;
}

engine_test::listening engine_test::bind_datagram() {
    const auto h = static_cast<handle>(e().open_socket(family::ipv4, transport_kind::datagram));
    EXPECT_EQ(e().bind(h, address::loopback(family::ipv4, 0)), 0);
    address at;
    EXPECT_EQ(e().local_address(h, at), 0);
    return {h, at};
}

}  // namespace sockeye
