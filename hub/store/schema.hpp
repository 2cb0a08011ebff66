// The tables: the one place for their definition, and for the statement that fills the log.
// `benchmarks/sockeye/store_publish --print-schema` prints it for programs that compare.
#pragma once

#include <span>
#include <string>

namespace sockeye::hub {

class database;

namespace schema {

// Marks the file as ours (PRAGMA application_id): "Sock".
inline constexpr int application_id = 0x536F636B;

// Settings of a connection that writes. WAL with full sync: one fsync of the log file for each
// commit, and readers that never wait. Exclusive locking would save the shared memory of the WAL
// index, but it shuts out the readers' own connections. The writer makes its checkpoints itself,
// in quiet moments. What is deleted is not overwritten with zeros: pruning would write twice.
inline constexpr const char* writer_settings =
    "PRAGMA journal_mode=WAL;"
    "PRAGMA synchronous=FULL;"
    "PRAGMA wal_autocheckpoint=0;"
    "PRAGMA secure_delete=OFF;"
    "PRAGMA cache_size=-16384;"
    "PRAGMA temp_store=MEMORY;";

inline constexpr const char* reader_settings =
    "PRAGMA query_only=ON;"
    "PRAGMA cache_size=-4096;"
    "PRAGMA temp_store=MEMORY;";

// The log. `id` is the rowid, given by the writer without holes. A topic's name stands once, in
// `topics`: filters are matched against that table, and the one index on the log is an integer
// (SQLite adds the rowid, so it gives a topic's events in the order of their ids). The key's
// index has only the rows that have a key.
inline constexpr const char* create_log =
    "CREATE TABLE topics("
    " id INTEGER PRIMARY KEY,"
    " name TEXT NOT NULL UNIQUE);"
    "CREATE TABLE events("
    " id INTEGER PRIMARY KEY,"
    " topic INTEGER NOT NULL,"
    " time INTEGER NOT NULL,"  // milliseconds since 1970, like `expires`
    " expires INTEGER,"
    " retained INTEGER NOT NULL,"
    " content_type TEXT NOT NULL,"
    " sender TEXT NOT NULL,"
    " idempotency_key TEXT,"
    " file_path TEXT,"
    " file_hash TEXT,"
    " file_size INTEGER,"
    " file_change INTEGER,"
    " payload BLOB NOT NULL);"
    "CREATE INDEX events_by_topic ON events(topic);"
    "CREATE UNIQUE INDEX events_by_key ON events(idempotency_key)"
    " WHERE idempotency_key IS NOT NULL;";

inline constexpr const char* create_rest =
    "CREATE TABLE retained("
    " topic INTEGER PRIMARY KEY,"
    " event INTEGER NOT NULL,"
    " expires INTEGER);"
    "CREATE TABLE files("
    " path TEXT PRIMARY KEY,"
    " hash TEXT NOT NULL,"
    " size INTEGER NOT NULL,"
    " content_type TEXT NOT NULL,"
    " time INTEGER NOT NULL,"
    " event INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX files_by_hash ON files(hash);"
    "CREATE TABLE state("
    " name TEXT PRIMARY KEY,"
    " value INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT INTO state VALUES('pruned_up_to', 0);"
    // What readers see. The cross join keeps the log outside, in the order that is asked for.
    "CREATE VIEW log AS SELECT e.id, t.name, e.time, e.expires, e.retained, e.content_type,"
    " e.sender, e.file_path, e.file_hash, e.file_size, e.file_change, e.payload, e.topic"
    " FROM events e CROSS JOIN topics t ON t.id = e.topic;";

inline constexpr const char* insert_event =
    "INSERT INTO events(id, topic, time, expires, retained, content_type, sender,"
    " idempotency_key, file_path, file_hash, file_size, file_change, payload)"
    " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";

// One version of the schema to the next; the first makes the tables. A step that has been
// released is never changed: a new one is added behind it.
using step = void (*)(database&);
std::span<const step> steps() noexcept;

// Brings the database to the last of `steps`, each in a transaction of its own. Throws
// sockeye::error when it is newer than that, or not ours.
void upgrade(database& db, const std::string& file, std::span<const step> steps);

}  // namespace schema
}  // namespace sockeye::hub
