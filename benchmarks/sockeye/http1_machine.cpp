// What a request costs the HTTP/1.1 machine alone: parsed, answered, and the answer sent off.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <string>

#include "sockeye/protocols/http1/server_machine.hpp"

namespace {

using namespace sockeye;

constexpr std::string_view load_generator_request =
    "GET / HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "\r\n";

constexpr std::string_view browser_request =
    "GET /files/reports/2024/summary.html?sort=time&order=descending HTTP/1.1\r\n"
    "Host: hub.example.org:8080\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Chromium\";v=\"120\", \"Not-A.Brand\";v=\"24\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r\n"
    "\r\n";

constexpr std::string_view publish_request =
    "POST /topics/sensors/kitchen/temperature HTTP/1.1\r\n"
    "Host: 127.0.0.1:8080\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 20\r\n"
    "\r\n"
    "{\"temperature\":21.5}";

constexpr http::header fields[] = {{"Content-Type", "text/plain"}};

void require(bool holds) {
    if (!holds) std::abort();
}

// As many requests as came in one piece, each answered with "Hello, World!", all sent at once.
void serve(http1::server& machine, std::string_view requests) {
    machine.receive(requests);
    for (;;) {
        auto event = machine.next_event();
        require(event.has_value());
        if (event->kind == http1::server::kind::need_more_data) break;
        if (event->kind != http1::server::kind::end) continue;
        require(
            machine.respond({.headers = fields}, bytes_view("Hello, World!", 13), {}).has_value());
    }
    benchmark::DoNotOptimize(machine.data_to_send().data());
    require(machine.queued() > 0);
    machine.consumed(machine.queued());
}

void run(benchmark::State& state, std::string_view request) {
    http1::server machine;
    std::string requests;
    for (std::int64_t i = 0; i < state.range(0); ++i) requests += request;
    for (auto _ : state) serve(machine, requests);
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void load_generator(benchmark::State& state) {
    run(state, load_generator_request);
}
void browser(benchmark::State& state) {
    run(state, browser_request);
}
void publish(benchmark::State& state) {
    run(state, publish_request);
}

// The argument is the number of requests in one piece.
BENCHMARK(load_generator)->Arg(1)->Arg(16);
BENCHMARK(browser)->Arg(1)->Arg(16);
BENCHMARK(publish)->Arg(1)->Arg(16);

}  // namespace

BENCHMARK_MAIN();
