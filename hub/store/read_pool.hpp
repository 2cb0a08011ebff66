// Connections that read, a bounded number, lent to one thread at a time.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "hub/store/checkpoint.hpp"
#include "hub/store/database.hpp"

namespace sockeye::hub {

class read_pool {
  public:
    read_pool(std::string file, const char* vfs, std::size_t max_readers, reader_gate& gate);

    // A connection inside a read transaction: all its queries see one state. Ends with it.
    class snapshot {
      public:
        explicit snapshot(read_pool& pool);
        ~snapshot();
        snapshot(const snapshot&) = delete;
        snapshot& operator=(const snapshot&) = delete;
        database& db() noexcept { return *db_; }

      private:
        read_pool& pool_;
        std::unique_ptr<database> db_;
    };

  private:
    std::unique_ptr<database> take();
    void give_back(std::unique_ptr<database> db) noexcept;
    std::unique_ptr<database> open() const;

    const std::string file_;
    const char* const vfs_;
    const std::size_t max_readers_;
    reader_gate& gate_;
    std::mutex mutex_;
    std::condition_variable returned_;
    std::vector<std::unique_ptr<database>> free_;
    std::size_t lent_ = 0;
};

}  // namespace sockeye::hub
