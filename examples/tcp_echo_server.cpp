// An echo server with its engine, threads and spinning on the command line.
//   tcp_echo_server HOST:PORT [--engine uring|epoll] [--threads N] [--spin US]
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>

#include <sockeye/sockeye.hpp>

using namespace sockeye;

namespace {

task<> echo(stream client) {
    while (auto data = co_await client.recv()) co_await client.send_all(data);
}

struct command_line {
    std::string endpoint = "localhost:12345";
    run_options options;
};

unsigned number(std::string_view text) {
    unsigned value = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failure != std::errc() || end != text.data() + text.size())
        throw error(std::make_error_code(std::errc::invalid_argument),
                    "read the number \"" + std::string(text) + "\"");
    return value;
}

command_line parse(int argc, char** argv) {
    command_line parsed;
    for (int i = 1; i < argc; ++i) {
        const std::string_view flag = argv[i];
        if (!flag.starts_with("--")) {
            parsed.endpoint = flag;
            continue;
        }
        const std::string_view value = i + 1 < argc ? argv[++i] : "";
        if (flag == "--engine")
            parsed.options.engine = parse_engine_choice(value);
        else if (flag == "--threads")
            parsed.options.threads = number(value);
        else if (flag == "--spin")
            parsed.options.spin = std::chrono::microseconds(number(value));
        else
            throw error(std::make_error_code(std::errc::invalid_argument),
                        "read the option " + std::string(flag));
    }
    return parsed;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const command_line arguments = parse(argc, argv);
        return run(serve(arguments.endpoint, echo), arguments.options);
    } catch (const error& mistake) {
        std::fprintf(stderr, "tcp_echo_server: %s\n", mistake.what());
        return 2;
    }
}
