#include "hub/store/checkpoint.hpp"

namespace sockeye::hub {
namespace {

// Pages of 4 KiB.
constexpr int quiet_pages = 1024;
constexpr int forced_pages = 4096;
constexpr int gated_pages = 16'384;

}  // namespace

checkpointer::checkpointer(database& db, reader_gate& gate) : db_(db), gate_(gate) {
    sqlite3_wal_hook(
        db_.handle(),
        [](void* self, sqlite3*, const char*, int pages) {
            static_cast<checkpointer*>(self)->pages_ = pages;
            return SQLITE_OK;
        },
        this);
}

checkpointer::~checkpointer() {
    sqlite3_wal_hook(db_.handle(), nullptr, nullptr);
}

void checkpointer::after_commit(moment now) {
    const int enough = now == moment::idle ? 1 : now == moment::quiet ? quiet_pages : forced_pages;
    if (pages_ < enough) return;
    if (pages_ < gated_pages) return run();
    const std::lock_guard alone(gate_);
    run();
}

void checkpointer::run() {
    int in_log = 0;
    int moved = 0;
    const int code = sqlite3_wal_checkpoint_v2(db_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                               &in_log, &moved);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        throw database_error(sqlite3_extended_errcode(db_.handle()),
                             sqlite3_system_errno(db_.handle()), "checkpoint",
                             sqlite3_db_filename(db_.handle(), "main"));
    count_.fetch_add(1, std::memory_order_relaxed);
    // All moved: the next commit begins at the WAL's start. Otherwise readers still need a part of
    // it, and the hook tells its size again.
    if (code == SQLITE_OK && moved >= in_log) pages_ = 0;
}

}  // namespace sockeye::hub
