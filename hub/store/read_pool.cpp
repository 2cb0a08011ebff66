#include "hub/store/read_pool.hpp"

#include "hub/store/schema.hpp"

namespace sockeye::hub {
namespace {

constexpr const char* begin_reading = "BEGIN";
constexpr const char* end_reading = "COMMIT";

}  // namespace

read_pool::read_pool(std::string file, const char* vfs, std::size_t max_readers, reader_gate& gate)
    : file_(std::move(file)), vfs_(vfs), max_readers_(max_readers), gate_(gate) {
    free_.reserve(max_readers);
}

read_pool::snapshot::snapshot(read_pool& pool) : pool_(pool), db_(pool.take()) {
    pool_.gate_.lock_shared();
    try {
        db_->prepared(begin_reading).run();
    } catch (...) {
        pool_.gate_.unlock_shared();
        pool_.give_back(nullptr);
        throw;
    }
}

read_pool::snapshot::~snapshot() {
    try {
        db_->prepared(end_reading).run();
    } catch (const database_error&) {
        db_.reset();  // closing ends the transaction, too
    }
    pool_.gate_.unlock_shared();
    pool_.give_back(std::move(db_));
}

std::unique_ptr<database> read_pool::take() {
    {
        std::unique_lock lock(mutex_);
        returned_.wait(lock, [&] { return lent_ < max_readers_; });
        ++lent_;
        if (!free_.empty()) {
            auto db = std::move(free_.back());
            free_.pop_back();
            return db;
        }
    }
    try {
        return open();
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void read_pool::give_back(std::unique_ptr<database> db) noexcept {
    {
        const std::lock_guard lock(mutex_);
        --lent_;
        if (db) free_.push_back(std::move(db));  // within the capacity that is reserved
    }
    returned_.notify_one();
}

std::unique_ptr<database> read_pool::open() const {
    auto db = std::make_unique<database>(file_, database::access::read_only, vfs_);
    db->execute(schema::reader_settings);
    return db;
}

}  // namespace sockeye::hub
