// The simulated world: one seed, one order of events; virtual time; hosts apart from each other.
#include "sockeye/engine/simulation.hpp"

#include <gtest/gtest.h>

#include "sockeye/engine/engine_rig_test.hpp"
#include "sockeye/engine/simulated_engine.hpp"

namespace sockeye {

namespace {

using namespace std::chrono_literals;

const address server_address[] = {address::ipv4(10, 0, 0, 1, 0)};
const address client_address[] = {address::ipv4(10, 0, 0, 2, 0)};

// Echoes whatever comes over one connection, until its end.
class echo_server {
  public:
    explicit echo_server(engine& e) : engine_(e) {
        listener_ = static_cast<handle>(e.open_socket(family::ipv4, transport_kind::stream));
        EXPECT_EQ(e.bind(listener_, address::ipv4(10, 0, 0, 1, 7)), 0);
        EXPECT_EQ(e.listen(listener_, 4), 0);
        accepting_.was_immediate = e.accept(listener_, accepting_);
    }
    // Does what can be done; the operations that ended are looked at here, as a loop would.
    void run() {
        engine_.run_once(time_point::min(), duration::zero());
        if (peer_ == handle::none && accepting_.has_ended()) {
            peer_ = static_cast<handle>(accepting_.result);
            peer_name = accepting_.peer;
            receive();
        }
        while (peer_ != handle::none && reading_.has_ended() && sending_.has_ended()) {
            if (is_echoing_) {
                receive();
            } else if (reading_.result > 0) {
                only_ = reading_.data.view();
                sending_.parts = &only_;
                sending_.count = 1;
                sending_.completions = 0;
                sending_.was_immediate = engine_.send(peer_, sending_);
                is_echoing_ = true;
            } else {
                engine_.close(std::exchange(peer_, handle::none));
                has_ended = true;
            }
        }
    }

    bool has_ended = false;
    address peer_name;

  private:
    void receive() {
        is_echoing_ = false;
        reading_.completions = 0;
        sending_.was_immediate = true;
        reading_.was_immediate = engine_.recv(peer_, reading_);
    }

    engine& engine_;
    handle listener_;
    handle peer_ = handle::none;
    bool is_echoing_ = false;
    bytes_view only_;
    counted<accept_operation> accepting_;
    counted<recv_operation> reading_;
    counted<send_operation> sending_;
};

struct outcome {
    std::string echoed;
    std::uint64_t trace = 0;
    duration took{};
    address server_saw;
    address client_was;
};

// Two hosts, each run when it has something to do; time passes only when neither has.
class two_hosts {
  public:
    explicit two_hosts(std::uint64_t seed)
        : world_(options(seed)),
          server_engine_(world_.make_engine(world_.add_host(server_address))),
          client_(world_.make_engine(world_.add_host(client_address))),
          server_(*server_engine_) {}

    outcome run(const std::string& text) {
        const time_point start = world_.now();
        outcome result;
        const auto h =
            static_cast<handle>(client_->open_socket(family::ipv4, transport_kind::stream));
        counted<connect_operation> connecting;
        connecting.peer = address::ipv4(10, 0, 0, 1, 7);
        connecting.was_immediate = client_->connect(h, connecting);
        run_until([&] { return connecting.has_ended(); });
        EXPECT_EQ(connecting.result, 0);
        counted_send sending(text);
        sending.was_immediate = client_->send(h, sending);
        while (result.echoed.size() < text.size()) {
            counted<recv_operation> reading;
            reading.was_immediate = client_->recv(h, reading);
            run_until([&] { return reading.has_ended(); });
            if (reading.result <= 0) break;
            result.echoed += reading.data.text();
        }
        client_->local_address(h, result.client_was);
        client_->close(h);
        run_until([&] { return server_.has_ended; });
        result.server_saw = server_.peer_name;
        result.took = world_.now() - start;
        result.trace = world_.trace();
        return result;
    }

  private:
    static simulation_options options(std::uint64_t seed) {
        simulation_options options;
        options.seed = seed;
        options.time = time_passes::by_driver;
        return options;
    }
    template <class Done>
    void run_until(Done done) {
        const time_point limit = world_.now() + 60s;
        while (!done()) {
            if (server_engine_->has_completions()) {
                server_.run();
            } else if (client_->has_completions()) {
                client_->run_once(time_point::min(), duration::zero());
            } else {
                server_.run();
                if (server_engine_->has_completions()) continue;
                ASSERT_TRUE(world_.advance(limit)) << "nothing more can happen";
            }
        }
    }

    simulation world_;
    std::unique_ptr<simulated_engine> server_engine_;
    std::unique_ptr<simulated_engine> client_;
    echo_server server_;
};

outcome echo_once(std::uint64_t seed, std::size_t size = 300'000) {
    two_hosts hosts(seed);
    const std::string text = pattern(size);
    outcome result = hosts.run(text);
    EXPECT_TRUE(result.echoed == text);
    return result;
}

TEST(simulation, two_hosts_talk_to_each_other) {
    const outcome result = echo_once(1);
    EXPECT_EQ(result.server_saw, result.client_was);
    EXPECT_EQ(result.client_was.ip_string(), "10.0.0.2");
    EXPECT_GT(result.took, 1ms);
    EXPECT_LT(result.took, 10s);
}

TEST(simulation, the_same_seed_gives_the_same_run) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const outcome first = echo_once(seed);
        const outcome second = echo_once(seed);
        EXPECT_EQ(first.trace, second.trace);
        EXPECT_EQ(first.took, second.took);
    }
    EXPECT_NE(echo_once(1).trace, echo_once(2).trace);
}

// Written down once, so that a compiler that draws in another order is found out.
TEST(simulation, every_compiler_gives_the_same_run) {
    EXPECT_EQ(echo_once(42, 5000).trace, 11760393478439249277u);
}

TEST(simulation, time_is_virtual) {
    simulation world;
    const auto engine = world.make_engine(world.add_host({}));
    const time_point start = engine->now();
    const std::chrono::nanoseconds wall = engine->wall_time();
    engine->run_once(start + 1000h, duration::zero());
    EXPECT_EQ(engine->now(), start + 1000h);
    EXPECT_EQ(engine->wall_time(), wall + 1000h);
    // Nothing is to come: an endless wait returns rather than hangs.
    engine->run_once(time_point::max(), duration::zero());
    EXPECT_EQ(engine->now(), start + 1000h);
}

TEST(simulation, a_driver_alone_moves_the_clock) {
    simulation_options options;
    options.time = time_passes::by_driver;
    simulation world(options);
    const auto engine = world.make_engine(world.add_host({}));
    const time_point start = engine->now();
    counted<blocking_operation> working;
    working.cost = 5s;
    working.work = [](void*) noexcept -> std::int64_t { return 7; };
    EXPECT_FALSE(engine->blocking(working));
    engine->run_once(time_point::max(), duration::zero());
    EXPECT_EQ(engine->now(), start);
    EXPECT_FALSE(engine->has_completions());
    EXPECT_EQ(world.next_event(), start + 5s);
    EXPECT_FALSE(world.advance(start + 1s));
    EXPECT_EQ(engine->now(), start + 1s);
    EXPECT_TRUE(world.advance(start + 9s));
    EXPECT_TRUE(engine->has_completions());
    EXPECT_EQ(engine->now(), start + 5s);
    EXPECT_EQ(working.completions, 0);
    engine->run_once(time_point::min(), duration::zero());
    EXPECT_EQ(working.completions, 1);
    EXPECT_EQ(working.result, 7);
}

TEST(simulation, a_host_that_is_not_there_times_out) {
    simulation world;
    const auto engine = world.make_engine(world.add_host(client_address));
    const time_point start = engine->now();
    const auto h = static_cast<handle>(engine->open_socket(family::ipv4, transport_kind::stream));
    counted<connect_operation> connecting;
    connecting.peer = address::ipv4(10, 0, 0, 99, 80);
    connecting.was_immediate = engine->connect(h, connecting);
    while (!connecting.has_ended()) engine->run_once(start + 1h, duration::zero());
    EXPECT_EQ(connecting.result, -ETIMEDOUT);
    EXPECT_EQ(engine->now() - start, 127s);
}

TEST(simulation, a_full_backlog_makes_the_next_wait) {
    simulation world;
    const host_id host = world.add_host(server_address);
    const auto engine = world.make_engine(host);
    const auto listener =
        static_cast<handle>(engine->open_socket(family::ipv4, transport_kind::stream));
    EXPECT_EQ(engine->bind(listener, address::ipv4(10, 0, 0, 1, 7)), 0);
    EXPECT_EQ(engine->listen(listener, 0), 0);
    counted<connect_operation> connecting[2];
    for (auto& each : connecting) {
        each.peer = address::ipv4(10, 0, 0, 1, 7);
        const auto h =
            static_cast<handle>(engine->open_socket(family::ipv4, transport_kind::stream));
        each.was_immediate = engine->connect(h, each);
    }
    engine->run_once(engine->now() + 500ms, duration::zero());
    engine->run_once(engine->now() + 500ms, duration::zero());
    EXPECT_NE(connecting[0].has_ended(), connecting[1].has_ended());
    counted<accept_operation> accepting;
    accepting.was_immediate = engine->accept(listener, accepting);
    const time_point limit = engine->now() + 10s;
    while (engine->now() < limit) engine->run_once(limit, duration::zero());
    EXPECT_EQ(connecting[0].completions, 1);
    EXPECT_EQ(connecting[1].completions, 1);
}

TEST(simulation, chance_comes_from_the_seed) {
    const auto draw = [](std::uint64_t seed) {
        simulation_options options;
        options.seed = seed;
        simulation world(options);
        return world.make_engine(world.add_host({}))->random();
    };
    EXPECT_EQ(draw(1), draw(1));
    EXPECT_NE(draw(1), draw(2));
}

TEST(simulation, two_engines_of_one_host_meet_on_loopback) {
    simulation world;
    const host_id host = world.add_host({});
    const host_id other = world.add_host({});
    const auto a = world.make_engine(host);
    const auto b = world.make_engine(host);
    const auto c = world.make_engine(other);
    const auto open = [](engine& e) {
        return static_cast<handle>(e.open_socket(family::ipv4, transport_kind::stream));
    };
    const address at = address::loopback(family::ipv4, 80);
    const handle listener = open(*a);
    EXPECT_EQ(a->bind(listener, at), 0);
    EXPECT_EQ(a->listen(listener, 1), 0);
    EXPECT_EQ(b->bind(open(*b), at), -EADDRINUSE);
    counted<connect_operation> here;
    here.peer = at;
    here.was_immediate = b->connect(open(*b), here);
    counted<connect_operation> elsewhere;
    elsewhere.peer = at;
    elsewhere.was_immediate = c->connect(open(*c), elsewhere);
    while (!here.has_ended()) b->run_once(b->now() + 1s, duration::zero());
    while (!elsewhere.has_ended()) c->run_once(c->now() + 1s, duration::zero());
    EXPECT_EQ(here.result, 0);
    EXPECT_EQ(elsewhere.result, -ECONNREFUSED);
}

}  // namespace

}  // namespace sockeye
