// The names of files: the writer's side of the table `files`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "hub/store/database.hpp"
#include "hub/store/event.hpp"

namespace sockeye::hub {

class file_names {
  public:
    explicit file_names(database& db) : db_(db) {}

    struct content {
        std::string hash;
        std::uint64_t size = 0;
    };
    std::optional<content> find(std::string_view path);

    // The reason when a file cannot stand at `path`: a file is where a directory would be, or
    // files are below it. Empty: it can.
    std::string conflict(std::string_view path);

    // Writes the name of an event that stores a file, in place of what was there.
    void put(const event& what);
    void erase(std::string_view path);

    bool is_referred_to(std::string_view hash);

  private:
    database& db_;
};

}  // namespace sockeye::hub
