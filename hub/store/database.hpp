// SQLite, owned: connections, prepared statements, errors.
#pragma once

#include <cstdint>
#include <memory>
#include <sqlite3.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sockeye/core/bytes.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {

// code() is SQLite's extended result code.
class database_error : public error {
  public:
    database_error(int code, int system_errno, const std::string& operation,
                   const std::string& peer);

    // There was no room: the disk, a quota or a limit of the process. It may pass.
    bool is_no_space() const noexcept;
    // Another program holds a lock on the database. It may pass.
    bool is_busy() const noexcept;

  private:
    int system_errno_;
};

// A prepared statement. Parameters count from 1, columns from 0. Bound text and bytes are not
// copied: they must live until `reset`.
class statement {
  public:
    statement(sqlite3* connection, const char* sql);
    statement(statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    statement& operator=(statement&&) = delete;
    ~statement() { sqlite3_finalize(handle_); }

    statement& bind(int index, std::int64_t value) {
        sqlite3_bind_int64(handle_, index, value);
        return *this;
    }
    statement& bind(int index, std::string_view text);
    statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
    statement& bind_bytes(int index, bytes_view bytes);
    statement& bind_null(int index) {
        sqlite3_bind_null(handle_, index);
        return *this;
    }

    // True: there is a row. False: it ended, and was reset. Throws database_error, reset as well.
    bool step() {
        const int code = sqlite3_step(handle_);
        if (code == SQLITE_ROW) return true;
        return finish(code);
    }
    // Runs a statement that gives no rows.
    void run() {
        while (step()) {
        }
    }
    void reset() noexcept { sqlite3_reset(handle_); }

    std::int64_t integer(int column) const noexcept {
        return sqlite3_column_int64(handle_, column);
    }
    bool is_null(int column) const noexcept {
        return sqlite3_column_type(handle_, column) == SQLITE_NULL;
    }
    // Both live until the next step or reset.
    std::string_view text(int column) const noexcept;
    bytes_view bytes(int column) const noexcept;

  private:
    // Ends the statement after a step that gave no row.
    bool finish(int code);
    sqlite3_stmt* handle_ = nullptr;
};

// Resets a statement when a query that may end early is done with it.
class statement_reset {
  public:
    explicit statement_reset(statement& which) noexcept : which_(which) {}
    statement_reset(const statement_reset&) = delete;
    statement_reset& operator=(const statement_reset&) = delete;
    ~statement_reset() { which_.reset(); }

  private:
    statement& which_;
};

// One connection, for one thread at a time.
class database {
  public:
    enum class access : std::uint8_t { read_only, read_write };

    // Opens, and makes the file when it is to be written. Throws database_error.
    database(const std::string& file, access mode, const char* vfs);
    database(database&& other) noexcept
        : handle_(std::exchange(other.handle_, nullptr)), cached_(std::move(other.cached_)) {}
    database& operator=(database&&) = delete;
    ~database();

    // Runs one or more statements. Throws database_error.
    void execute(const char* sql);
    // The integer that a query gives; 0 when it gives no row.
    std::int64_t integer(const char* sql);
    // The statement of this text, prepared once. `sql` must be of static storage: it is told
    // apart by its address. The reference lives as long as the connection.
    statement& prepared(const char* sql);

    bool in_transaction() const noexcept { return sqlite3_get_autocommit(handle_) == 0; }
    sqlite3* handle() const noexcept { return handle_; }

  private:
    sqlite3* handle_ = nullptr;
    std::vector<std::pair<const char*, std::unique_ptr<statement>>> cached_;
};

}  // namespace sockeye::hub
