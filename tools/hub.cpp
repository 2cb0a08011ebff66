// sockeye hub: the hub, on the loopback addresses of this machine.
#include "hub/hub.hpp"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sockeye/core/clock.hpp"
#include "sockeye/core/error.hpp"
#include "sockeye/core/host_port.hpp"
#include "sockeye/runtime/run.hpp"
#include "tools/commands.hpp"

namespace sockeye::tools {
namespace {

struct hub_command {
    std::vector<std::string> listen{"127.0.0.1:8080"};
    std::string data = "sockeye-data";
    std::string engine = "automatic";
    unsigned threads = 1;
    std::string keep_for = "30d";
    std::int64_t keep_events = 10'000'000;
    std::uint64_t keep_bytes = std::uint64_t{4} << 30;
    std::uint64_t file_bytes = std::uint64_t{64} << 30;
};

[[noreturn]] void refuse(const std::string& option, const std::string& why) {
    throw CLI::ValidationError(option, why);
}

// "127.0.0.1:8080", "[::1]:8080"; "localhost:8080" and ":8080" are 127.0.0.1.
address loopback_address(const std::string& text) {
    const auto parsed = host_port::parse(text);
    if (!parsed) refuse("--listen", text + ": " + parsed.error().to_string());
    if (parsed->host == "localhost" || parsed->host.empty())
        return address::loopback(family::ipv4, parsed->port);
    const auto ip = address::parse_ip(parsed->host, parsed->port);
    if (!ip || !ip->is_loopback())
        refuse("--listen", text +
                               ": only loopback addresses (127.0.0.1, [::1], localhost) until the "
                               "hub has accounts; others would let everybody in");
    return *ip;
}

hub::hub_options read_options(const hub_command& given) {
    hub::hub_options options;
    for (const std::string& each : given.listen) options.listen.push_back(loopback_address(each));
    options.data = given.data;
    const auto age = parse_duration(given.keep_for);
    if (!age || *age < std::chrono::hours(1)) refuse("--keep-for", "a duration from 1h, as in 30d");
    options.store.max_age = std::chrono::duration_cast<std::chrono::hours>(*age);
    options.store.max_events = given.keep_events;
    options.store.max_log_bytes = static_cast<std::int64_t>(given.keep_bytes);
    options.store.max_file_bytes = static_cast<std::int64_t>(given.file_bytes);
    return options;
}

// How long a loop waits awake. To sleep for as long as the disk works would add the time of waking
// up to each lone publication, half as much again; a hub with nothing to do sleeps all the same.
constexpr duration time_of_a_commit = std::chrono::microseconds(250);

int run_command(const hub_command& given) {
    hub::hub_options options = read_options(given);
    run_options running;
    running.threads = given.threads;
    running.engine = parse_engine_choice(given.engine);
    running.spin = time_of_a_commit;
    return run(hub::run_hub(std::move(options)), running);
}

}  // namespace

void add_hub(CLI::App& sockeye, int& exit_status) {
    CLI::App* command = sockeye.add_subcommand(
        "hub", "Gather what devices and people send: events on topics, and files.");
    static hub_command given;
    command->add_option("--listen", given.listen, "where to serve HTTP; may be given often")
        ->type_name("ADDR:PORT")
        ->capture_default_str()
        ->take_all();
    command->add_option("--data", given.data, "the directory of the log and the files")
        ->type_name("DIR")
        ->capture_default_str();
    command->add_option("--engine", given.engine, "how to talk to the kernel")
        ->check(CLI::IsMember({"automatic", "uring", "epoll"}))
        ->capture_default_str();
    command->add_option("--threads", given.threads, "event loops, each with a thread of its own")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_option("--keep-for", given.keep_for, "remove events that are older")
        ->type_name("DURATION")
        ->capture_default_str();
    command->add_option("--keep-events", given.keep_events, "remove the oldest beyond so many")
        ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 50))
        ->capture_default_str();
    command
        ->add_option("--keep-bytes", given.keep_bytes,
                     "remove the oldest events when the log is larger")
        ->transform(CLI::AsSizeValue(false))
        ->type_name("SIZE");
    command->add_option("--file-bytes", given.file_bytes, "refuse files beyond so much in all")
        ->transform(CLI::AsSizeValue(false))
        ->type_name("SIZE");
    command->callback([&exit_status] { exit_status = run_command(given); });
}

}  // namespace sockeye::tools
