// Contents on disk under their hash: objects/ab/cdef..., made durable before they are named.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sockeye/core/unique_fd.hpp"

namespace sockeye::hub {

class object_directory;

// While it lives, the content of this hash is not collected. Move-only. Empty by default.
class object_pin {
  public:
    object_pin() noexcept = default;
    object_pin(object_pin&& other) noexcept;
    object_pin& operator=(object_pin&& other) noexcept;
    ~object_pin() { release(); }
    void release() noexcept;

  private:
    friend class object_directory;
    object_pin(object_directory& from, std::string hash) noexcept
        : from_(&from), hash_(std::move(hash)) {}
    object_directory* from_ = nullptr;
    std::string hash_;
};

// Thread-safe. Bounded by the bytes of all contents and uploads under way.
class object_directory {
  public:
    // Makes `<directory>/objects` and `<directory>/uploads`, and removes what uploads left
    // behind there. Throws sockeye::error.
    object_directory(const std::string& directory, std::int64_t max_bytes);

    // Takes room for an upload, or false; gives it back.
    bool reserve(std::int64_t bytes) noexcept;
    void give_back(std::int64_t bytes) noexcept { bytes_.fetch_sub(bytes); }
    std::int64_t bytes() const noexcept { return bytes_.load(); }
    std::int64_t max_bytes() const noexcept { return max_bytes_; }

    // A new temporary file, open for writing; its name is put into `name`. Throws sockeye::error.
    unique_fd create_temporary(std::string& name);

    // Makes the temporary's content durable under its hash: sync, rename, sync of the directory,
    // and of its parent when the directory is new. The content may be there already. The
    // temporary's room (`bytes`) goes to the object. `pin` must hold the hash. Throws
    // sockeye::error; the temporary is then still the caller's.
    void adopt(int fd, const std::string& temporary, std::string_view hash, std::int64_t bytes);

    // Keeps the content; once the last pin ends, `check` asks the writer to see whether a name
    // refers to it (an upload's may never get one).
    enum class after_pin : std::uint8_t { keep, check };
    object_pin pin(std::string_view hash, after_pin then);

    // Opens for reading; empty with errno set when it fails.
    unique_fd open(std::string_view hash) const noexcept;

    // What the writer should look at: hashes that may have lost their last name and pin.
    void check_later(std::string hash);
    std::vector<std::string> take_unchecked();
    // Removes the content unless it is pinned; then it is checked again when the last pin ends.
    void collect(const std::string& hash);

    // Every hash on disk, counted into bytes(). For the start, before uploads.
    std::vector<std::string> scan();

  private:
    friend class object_pin;
    struct pins {
        std::uint32_t count = 0;
        after_pin then = after_pin::keep;
    };
    std::string path_of(std::string_view hash) const;
    void unpin(const std::string& hash) noexcept;

    std::string objects_;
    std::string uploads_;
    std::int64_t max_bytes_;
    std::atomic<std::int64_t> bytes_{0};
    std::atomic<std::uint64_t> next_temporary_{1};
    std::mutex mutex_;
    std::unordered_map<std::string, pins> pins_;
    std::vector<std::string> unchecked_;
};

}  // namespace sockeye::hub
