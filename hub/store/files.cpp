#include "hub/store/files.hpp"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "hub/store/event_row.hpp"
#include "hub/store/file_store_parts.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

constexpr std::size_t max_listed = 10'000;
// A name can move to another content between the look-up and the opening.
constexpr int max_open_attempts = 8;

constexpr const char* select_file =
    "SELECT path, hash, size, content_type, time, event FROM files WHERE path = ?1";
constexpr const char* select_files =
    "SELECT path, hash, size, content_type, time, event FROM files"
    " WHERE path >= ?1 AND path < ?2 ORDER BY path";
constexpr const char* select_all_files =
    "SELECT path, hash, size, content_type, time, event FROM files WHERE path >= ?1 ORDER BY path";

file_info info_of(const statement& row) {
    file_info info;
    info.path = row.text(0);
    info.hash = row.text(1);
    info.size = static_cast<std::uint64_t>(row.integer(2));
    info.content_type = row.text(3);
    info.time = time_at(row.integer(4));
    info.event_id = row.integer(5);
    return info;
}

// Of a row under the directory whose paths begin with `prefix`: the file, or the directory in
// which it lies.
file_entry child_of(const statement& row, std::size_t prefix_size) {
    const std::string_view path = row.text(0);
    const std::size_t slash = path.find('/', prefix_size);
    file_entry entry;
    if (slash == std::string_view::npos) {
        entry.info = info_of(row);
    } else {
        entry.kind = file_entry::type::directory;
        entry.info.path = path.substr(0, slash);
    }
    return entry;
}

}  // namespace

struct open_file::state {
    object_pin content;
    unique_fd fd;
    file_info info;
};

open_file::open_file(std::unique_ptr<state> state) noexcept : state_(std::move(state)) {}
open_file::open_file(open_file&&) noexcept = default;
open_file& open_file::operator=(open_file&&) noexcept = default;
open_file::~open_file() = default;
int open_file::fd() const noexcept {
    return state_->fd.get();
}
const file_info& open_file::info() const noexcept {
    return state_->info;
}

file_store::file_store(std::unique_ptr<parts> parts) noexcept : parts_(std::move(parts)) {}
file_store::~file_store() = default;

std::optional<file_info> file_store::find(std::string_view path) {
    read_pool::snapshot snapshot(parts_->readers);
    statement& query = snapshot.db().prepared(select_file);
    const statement_reset reset(query);
    if (!query.bind(1, path).step()) return std::nullopt;
    return info_of(query);
}

std::expected<open_file, store_failure> file_store::open(std::string_view path) {
    for (int attempt = 0; attempt < max_open_attempts; ++attempt) {
        std::optional<file_info> info = find(path);
        if (!info)
            return std::unexpected(store_failure{store_status::not_found,
                                                 "there is no file `" + std::string(path) + "`"});
        auto state = std::make_unique<open_file::state>();
        state->content = parts_->objects.pin(info->hash, object_directory::after_pin::keep);
        state->fd = parts_->objects.open(info->hash);
        state->info = std::move(*info);
        if (state->fd) return open_file(std::move(state));
        if (errno != ENOENT)
            return std::unexpected(
                store_failure{store_status::failed,
                              error::from_errno(errno, "open the file", state->info.path).what()});
    }
    return std::unexpected(store_failure{
        store_status::failed, "the content of `" + std::string(path) + "` is not on the disk"});
}

file_listing file_store::list(std::string_view directory, std::string_view after,
                              std::size_t limit) {
    limit = std::clamp<std::size_t>(limit, 1, max_listed);
    const path_range range = below(directory);
    const std::size_t prefix_size = directory.empty() ? 0 : range.first.size();
    std::string position = directory.empty() ? std::string() : range.first;
    position = std::max(position, std::string(after));
    read_pool::snapshot snapshot(parts_->readers);
    statement& query = snapshot.db().prepared(directory.empty() ? select_all_files : select_files);
    file_listing listing;
    while (true) {
        // Anew behind each directory: its files are skipped, however many they are.
        const statement_reset reset(query);
        query.bind(1, position);
        if (!directory.empty()) query.bind(2, range.last);
        bool is_in_directory = false;
        while (!is_in_directory) {
            if (!query.step()) return listing;
            if (listing.entries.size() == limit) {
                listing.next = position;
                return listing;
            }
            listing.entries.push_back(child_of(query, prefix_size));
            is_in_directory = listing.entries.back().kind == file_entry::type::directory;
            const std::string& path = listing.entries.back().info.path;
            position = is_in_directory ? below(path).last : path + '\0';
        }
    }
}

}  // namespace sockeye::hub
