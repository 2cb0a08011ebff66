#include "hub/store/store.hpp"

#include <chrono>
#include <utility>

#include "hub/store/database.hpp"
#include "hub/store/directory_lock.hpp"
#include "hub/store/file_store_parts.hpp"
#include "hub/store/files.hpp"
#include "hub/store/history_reader.hpp"
#include "hub/store/object_directory.hpp"
#include "hub/store/publication_check.hpp"
#include "hub/store/read_pool.hpp"
#include "hub/store/schema.hpp"
#include "hub/store/waiter.hpp"
#include "hub/store/writer.hpp"

namespace sockeye::hub {
namespace {

std::string database_file(const std::string& directory) {
    return directory + "/log.db";
}

database open_database(const std::string& directory, const store_options& options) {
    const std::string file = database_file(directory);
    database db(file, database::access::read_write, options.vfs);
    // Whose it is, before anything in it is changed.
    schema::upgrade(db, file, schema::steps());
    db.execute(schema::writer_settings);
    return db;
}

// Contents that no name refers to: what was uploaded when the process ended before the commit.
void collect_unnamed(database& db, object_directory& objects) {
    file_names names(db);
    for (const std::string& hash : objects.scan())
        if (!names.is_referred_to(hash)) objects.collect(hash);
}

event_time now_ms() {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

}  // namespace

struct store::parts {
    parts(const std::string& directory, const store_options& store_options)
        : options(store_options),
          lock(directory),
          objects(directory, store_options.max_file_bytes),
          log(make_writer(directory)),
          readers(database_file(directory), store_options.vfs, store_options.max_readers, gate),
          files(std::make_unique<file_store::parts>(objects, readers, *log)) {}

    std::unique_ptr<writer> make_writer(const std::string& directory) {
        database db = open_database(directory, options);
        collect_unnamed(db, objects);
        return std::make_unique<writer>(std::move(db), objects, gate, options);
    }

    const store_options options;
    directory_lock lock;
    reader_gate gate;
    object_directory objects;
    std::unique_ptr<writer> log;
    read_pool readers;
    file_store files;
};

store::store(const std::string& directory, const store_options& options)
    : parts_(std::make_unique<parts>(directory, options)) {}

store::~store() = default;

std::expected<void, store_failure> store::publish(publication what, std::uint64_t token,
                                                  publish_listener& listener) {
    if (auto ok = check_publication(what, parts_->options.max_payload_bytes); !ok) return ok;
    commit_job job;
    job.what = std::make_shared<event>();
    job.what->topic = std::move(what.topic);
    job.what->content_type = std::move(what.content_type);
    job.what->payload = std::move(what.payload);
    job.what->sender = std::move(what.sender);
    job.what->retained = what.retained;
    job.lifetime = what.lifetime;
    job.idempotency_key = std::move(what.idempotency_key);
    job.token = token;
    job.listener = &listener;
    return parts_->log->queue(std::move(job));
}

std::expected<std::int64_t, store_failure> store::publish_and_wait(publication what) {
    waiter end;
    if (auto queued = publish(std::move(what), 0, end); !queued)
        return std::unexpected(std::move(queued.error()));
    return end.wait();
}

void store::broadcast_to(committed_listener* listener) {
    parts_->log->broadcast_to(listener);
}

history_page store::history(const history_query& query) {
    read_pool::snapshot snapshot(parts_->readers);
    return read_history(snapshot.db(), query, now_ms());
}

std::vector<shared_event> store::retained(const std::vector<std::string>& filters,
                                          std::size_t limit, std::int64_t after) {
    read_pool::snapshot snapshot(parts_->readers);
    return read_retained(snapshot.db(), filters, limit, after, now_ms());
}

std::int64_t store::last_id() const noexcept {
    return parts_->log->last_id();
}

file_store& store::files() noexcept {
    return parts_->files;
}

store_counters store::counters() const {
    store_counters all = parts_->log->counters();
    all.file_bytes = parts_->objects.bytes();
    return all;
}

}  // namespace sockeye::hub
