// Topic names to the integers that stand for them in the log, for the writer.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "hub/store/database.hpp"
#include "hub/topics/text_hash.hpp"

namespace sockeye::hub {

class topic_table {
  public:
    explicit topic_table(database& db) : db_(db) {}

    // The topic's id, or 0 when no event has it.
    std::int64_t find(std::string_view name);
    // The topic's id, which is made when it is new.
    std::int64_t find_or_make(std::string_view name);
    // Removes the topic when no event has it any more.
    void drop_unused(std::int64_t id);
    // After a rollback: forgets what the transaction may have made.
    void forget() noexcept { known_.clear(); }

  private:
    void remember(std::string_view name, std::int64_t id);

    database& db_;
    std::unordered_map<std::string, std::int64_t, text_hash, std::equal_to<>> known_;
};

}  // namespace sockeye::hub
