#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "sockeye/core/error.hpp"
#include "sockeye/engine/epoll_engine.hpp"
#include "sockeye/engine/uring_engine.hpp"

namespace sockeye {

namespace {

engine_choice choice_from_environment() {
    const char* name = std::getenv("SOCKEYE_ENGINE");
    return name && *name ? parse_engine_choice(name) : engine_choice::automatic;
}

void say_once(const error& reason) {
    static std::atomic<bool> said = false;
    if (!said.exchange(true)) std::fprintf(stderr, "sockeye: using epoll: %s\n", reason.what());
}

}  // namespace

engine_choice parse_engine_choice(std::string_view name) {
    if (name == "automatic") return engine_choice::automatic;
    if (name == "uring") return engine_choice::uring;
    if (name == "epoll") return engine_choice::epoll;
    throw error(std::make_error_code(std::errc::invalid_argument),
                "choose the engine \"" + std::string(name) + "\" (automatic, uring or epoll)");
}

std::unique_ptr<engine> make_engine(engine_choice choice) {
    if (choice == engine_choice::automatic) choice = choice_from_environment();
    if (choice == engine_choice::epoll) return std::make_unique<epoll_engine>();
    try {
        return std::make_unique<uring_engine>();
    } catch (const error& reason) {
        if (choice == engine_choice::uring) throw;
        say_once(reason);
        return std::make_unique<epoll_engine>();
    }
}

}  // namespace sockeye
