// The file store: contents under their hash, names for them in the log's database.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/store/event.hpp"
#include "hub/store/file_path.hpp"
#include "hub/store/publication.hpp"
#include "sockeye/core/bytes.hpp"

namespace sockeye::hub {

struct file_info {
    std::string path;
    std::string hash;  // SHA-256 in hexadecimal: a strong entity tag
    std::uint64_t size = 0;
    std::string content_type;
    event_time time{};
    std::int64_t event_id = 0;  // the event that stored it
};

// One line of a listing: a file, or a directory (a path that others begin with).
struct file_entry {
    enum class type : std::uint8_t { file, directory };

    type kind = type::file;
    file_info info;  // of a directory only the path is set, without a slash at its end
};

struct file_listing {
    std::vector<file_entry> entries;  // by path, bytewise
    std::string next;                 // a position: ask again with it; empty: complete
};

// A content open for reading. It stays whole and readable until this ends, whatever happens to
// its name. Move-only.
class open_file {
  public:
    open_file(open_file&&) noexcept;
    open_file& operator=(open_file&&) noexcept;
    ~open_file();

    // Read it with pread or sendfile from any offset: the position is shared by nobody. Borrowed.
    int fd() const noexcept;
    const file_info& info() const noexcept;

  private:
    friend class file_store;
    struct state;
    explicit open_file(std::unique_ptr<state> state) noexcept;
    std::unique_ptr<state> state_;
};

struct file_publication {
    std::string path;
    std::string content_type;
    std::string sender;
    std::string idempotency_key;  // as in publication
};

// A file on its way in. Until `finish` nobody sees it; destroyed before that, it leaves nothing.
// One thread at a time; each call may block on the disk.
class upload {
  public:
    upload(upload&&) noexcept;
    upload& operator=(upload&&) noexcept;
    ~upload();

    // Appends. After a failure (no_space, failed) the upload can only be dropped.
    std::expected<void, store_failure> write(bytes_view bytes);
    std::uint64_t size() const noexcept;

    // Makes the content durable under its hash, then queues the name and the event on
    // `files/<path>` as one publication: file_store's rules of publish. Ends the upload.
    [[nodiscard]] std::expected<void, store_failure> finish(file_publication what,
                                                            std::uint64_t token,
                                                            publish_listener& listener);
    // The same, waiting for the commit: the event's id.
    std::expected<std::int64_t, store_failure> finish_and_wait(file_publication what);

  private:
    friend class file_store;
    struct state;
    explicit upload(std::unique_ptr<state> state) noexcept;
    std::unique_ptr<state> state_;
};

// Thread-safe. Got from store::files(); uploads and open files must end before the store does.
// Calls may block on the disk.
class file_store {
  public:
    // `expected_bytes`, when known, is refused at once if it cannot fit (no_space).
    std::expected<upload, store_failure> open_upload(std::uint64_t expected_bytes = 0);

    // not_found, or failed with the reason.
    std::expected<open_file, store_failure> open(std::string_view path);
    std::optional<file_info> find(std::string_view path);

    // The children of a directory ("" is the root), at most `limit` (10,000 in any case): files
    // and directories, from the position `after`, which is the `next` of the listing before.
    file_listing list(std::string_view directory, std::string_view after = {},
                      std::size_t limit = 1000);

    // Queues the removal of a name, an event like any other: the rules of store::publish. The end
    // may be not_found. The content goes when no name and no reader has it any more.
    [[nodiscard]] std::expected<void, store_failure> remove(file_publication what,
                                                            std::uint64_t token,
                                                            publish_listener& listener);
    std::expected<std::int64_t, store_failure> remove_and_wait(file_publication what);

    ~file_store();
    file_store(const file_store&) = delete;
    file_store& operator=(const file_store&) = delete;

  private:
    friend class store;
    friend class upload;
    struct parts;
    explicit file_store(std::unique_ptr<parts> parts) noexcept;
    std::unique_ptr<parts> parts_;
};

}  // namespace sockeye::hub
