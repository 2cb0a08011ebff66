// Our end of the bulk benchmark: what a user of the library writes first.
//
//   sockeye_bulk send|receive HOST:PORT [--engine uring|epoll] [--seconds N]
//
// A server: it sends as fast as it can to whoever connects until they go, or reads until their end.
// It ends by itself after N seconds.
#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include <sockeye/sockeye.hpp>

using namespace sockeye;

namespace {

task<> send_until_gone(stream client) {
    const std::string block(1 << 20, 'x');
    for (;;) co_await client.send_all(block);
}

task<> receive_until_end(stream client) {
    while (auto data = co_await client.recv()) {
    }
}

task<> serve_for(std::string endpoint, stream_handler handler, duration time) {
    co_await as_expected(timeout(time, serve(std::move(endpoint), std::move(handler))));
}

// 0 for what is no number.
duration seconds_of(std::string_view text) {
    double seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return std::chrono::milliseconds(static_cast<int>(seconds * 1000));
}

}  // namespace

int main(int argc, char** argv) {
    std::string_view way;
    std::string endpoint;
    run_options options;
    duration time = std::chrono::minutes(10);
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word == "--engine" && i + 1 < argc)
            options.engine = parse_engine_choice(argv[++i]);
        else if (word == "--seconds" && i + 1 < argc)
            time = seconds_of(argv[++i]);
        else
            (way.empty() ? way = word : endpoint = word);
    }
    if ((way != "send" && way != "receive") || endpoint.empty()) {
        std::fprintf(stderr, "usage: sockeye_bulk send|receive HOST:PORT [--engine E]\n");
        return 2;
    }
    const stream_handler handler =
        way == "send" ? stream_handler(send_until_gone) : stream_handler(receive_until_end);
    return run(serve_for(endpoint, handler, time), options);
}
