#include "hub/store/file_names.hpp"

#include "hub/store/file_path.hpp"

namespace sockeye::hub {
namespace {

constexpr const char* select_content = "SELECT hash, size FROM files WHERE path = ?1";
constexpr const char* select_below = "SELECT 1 FROM files WHERE path >= ?1 AND path < ?2 LIMIT 1";
constexpr const char* put_name =
    "INSERT OR REPLACE INTO files(path, hash, size, content_type, time, event)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
constexpr const char* delete_name = "DELETE FROM files WHERE path = ?1";
constexpr const char* select_by_hash = "SELECT 1 FROM files WHERE hash = ?1 LIMIT 1";

}  // namespace

std::optional<file_names::content> file_names::find(std::string_view path) {
    statement& query = db_.prepared(select_content);
    const statement_reset reset(query);
    if (!query.bind(1, path).step()) return std::nullopt;
    return content{std::string(query.text(0)), static_cast<std::uint64_t>(query.integer(1))};
}

std::string file_names::conflict(std::string_view path) {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos;
         slash = path.find('/', slash + 1))
        if (find(path.substr(0, slash)))
            return "`" + std::string(path.substr(0, slash)) + "` is a file, not a directory";
    const path_range range = below(path);
    statement& query = db_.prepared(select_below);
    const statement_reset reset(query);
    if (query.bind(1, range.first).bind(2, range.last).step())
        return "`" + std::string(path) + "` is a directory";
    return {};
}

void file_names::put(const event& what) {
    const file_reference& file = *what.file;
    db_.prepared(put_name)
        .bind(1, file.path)
        .bind(2, file.hash)
        .bind(3, static_cast<std::int64_t>(file.size))
        .bind(4, what.content_type)
        .bind(5, static_cast<std::int64_t>(what.time.time_since_epoch().count()))
        .bind(6, what.id)
        .run();
}

void file_names::erase(std::string_view path) {
    db_.prepared(delete_name).bind(1, path).run();
}

bool file_names::is_referred_to(std::string_view hash) {
    statement& query = db_.prepared(select_by_hash);
    const statement_reset reset(query);
    return query.bind(1, hash).step();
}

}  // namespace sockeye::hub
