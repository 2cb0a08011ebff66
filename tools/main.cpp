// sockeye: one binary, one subcommand for each thing that people use sockets for.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "tools/commands.hpp"

namespace {

constexpr int usage_error = 2;

}  // namespace

int main(int argc, char** argv) {
    CLI::App sockeye("Everything a socket is for.", "sockeye");
    sockeye.set_version_flag("--version", std::string("sockeye ") + SOCKEYE_VERSION);
    sockeye.require_subcommand(1);
    int exit_status = 0;
    sockeye::tools::add_hub(sockeye, exit_status);
    try {
        sockeye.parse(argc, argv);
    } catch (const CLI::ParseError& stop) {
        // --help and --version end this way too.
        return sockeye.exit(stop) == 0 ? 0 : usage_error;
    }
    return exit_status;
}
