// The subcommands of `sockeye`, each in the file of its name.
#pragma once

namespace CLI {
class App;
}

namespace sockeye::tools {

// What a subcommand adds to the binary: its options, and a callback that runs it and sets
// `exit_status`.
void add_hub(CLI::App& sockeye, int& exit_status);

}  // namespace sockeye::tools
