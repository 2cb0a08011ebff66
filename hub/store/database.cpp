#include "hub/store/database.hpp"

#include <cerrno>

namespace sockeye::hub {
namespace {

// Only other programs (a shell, a backup) can be in the way, and readers while a WAL is recovered.
constexpr int busy_timeout_ms = 5000;

class sqlite_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "sqlite"; }
    std::string message(int code) const override { return sqlite3_errstr(code); }
};

const std::error_category& category() noexcept {
    static const sqlite_category instance;
    return instance;
}

database_error last_error(sqlite3* connection, const std::string& operation) {
    // SQLite does not keep the errno of a write that fails in a commit; nothing has failed since.
    const int last_errno = errno;
    const int kept_errno = sqlite3_system_errno(connection);
    const char* file = sqlite3_db_filename(connection, "main");
    std::string peer = file ? file : "the database";
    peer += std::string(" (") + sqlite3_errmsg(connection) + ")";
    return {sqlite3_extended_errcode(connection), kept_errno ? kept_errno : last_errno, operation,
            peer};
}

}  // namespace

database_error::database_error(int code, int system_errno, const std::string& operation,
                               const std::string& peer)
    : error(std::error_code(code, category()), operation, peer), system_errno_(system_errno) {}

bool database_error::is_no_space() const noexcept {
    const int extended = code().value();
    const int primary = extended & 0xFF;
    if (primary == SQLITE_FULL) return true;
    // After a failed sync nobody knows what is on the disk, whatever the reason was.
    if (primary != SQLITE_IOERR || extended == SQLITE_IOERR_FSYNC ||
        extended == SQLITE_IOERR_DIR_FSYNC)
        return false;
    const bool was_writing = extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_SHMSIZE ||
                             extended == SQLITE_IOERR_SHMMAP || extended == SQLITE_IOERR_TRUNCATE;
    return was_writing &&
           (system_errno_ == ENOSPC || system_errno_ == EDQUOT || system_errno_ == EFBIG);
}

bool database_error::is_busy() const noexcept {
    const int primary = code().value() & 0xFF;
    return primary == SQLITE_BUSY || primary == SQLITE_LOCKED;
}

statement::statement(sqlite3* connection, const char* sql) {
    if (sqlite3_prepare_v3(connection, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr) !=
        SQLITE_OK)
        throw last_error(connection, "prepare");
}

statement& statement::bind(int index, std::string_view text) {
    sqlite3_bind_text64(handle_, index, text.data() ? text.data() : "", text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
}

statement& statement::bind_bytes(int index, bytes_view bytes) {
    if (bytes.empty())
        sqlite3_bind_zeroblob(handle_, index, 0);
    else
        sqlite3_bind_blob64(handle_, index, bytes.data(), bytes.size(), SQLITE_STATIC);
    return *this;
}

std::string_view statement::text(int column) const noexcept {
    const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bytes_view statement::bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(handle_, column);
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

bool statement::finish(int code) {
    if (code == SQLITE_DONE) {
        sqlite3_reset(handle_);
        return false;
    }
    const database_error failure = last_error(sqlite3_db_handle(handle_), "query");
    sqlite3_reset(handle_);
    throw failure;
}

database::database(const std::string& file, access mode, const char* vfs) {
    const int flags = mode == access::read_only ? SQLITE_OPEN_READONLY
                                                : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    // One thread at a time has a connection, so SQLite's own lock around each call is left out.
    const int code = sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, vfs);
    if (code != SQLITE_OK) {
        const database_error failure(sqlite3_extended_errcode(handle_),
                                     sqlite3_system_errno(handle_), "open", file);
        sqlite3_close(handle_);
        throw failure;
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
}

database::~database() {
    cached_.clear();  // before the connection they belong to
    sqlite3_close(handle_);
}

void database::execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        throw last_error(handle_, "execute");
}

std::int64_t database::integer(const char* sql) {
    statement query(handle_, sql);
    return query.step() ? query.integer(0) : 0;
}

statement& database::prepared(const char* sql) {
    for (auto& [text, cached] : cached_)
        if (text == sql) return *cached;
    return *cached_.emplace_back(sql, std::make_unique<statement>(handle_, sql)).second;
}

}  // namespace sockeye::hub
