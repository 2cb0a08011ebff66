#include "hub/store/schema.hpp"

#include "hub/store/database.hpp"
#include "hub/store/store_error.hpp"

namespace sockeye::hub::schema {
namespace {

void create_tables(database& db) {
    db.execute(create_log);
    db.execute(create_rest);
}

constexpr step all_steps[] = {create_tables};

void run_step(database& db, step change, std::size_t version) {
    db.execute("BEGIN IMMEDIATE");
    try {
        change(db);
        db.execute(("PRAGMA application_id=" + std::to_string(application_id)).c_str());
        db.execute(("PRAGMA user_version=" + std::to_string(version)).c_str());
        db.execute("COMMIT");
    } catch (...) {
        if (db.in_transaction()) db.execute("ROLLBACK");
        throw;
    }
}

}  // namespace

std::span<const step> steps() noexcept {
    return all_steps;
}

void upgrade(database& db, const std::string& file, std::span<const step> steps) {
    const auto version = static_cast<std::size_t>(db.integer("PRAGMA user_version"));
    const std::int64_t id = db.integer("PRAGMA application_id");
    const bool is_new = version == 0 && db.integer("SELECT count(*) FROM sqlite_schema") == 0;
    if (!is_new && id != application_id) throw error(store_errc::not_a_store, "open", file);
    if (version > steps.size())
        throw error(store_errc::newer, "open",
                    file + " (schema " + std::to_string(version) + ", this program knows " +
                        std::to_string(steps.size()) + ")");
    for (std::size_t i = version; i < steps.size(); ++i) run_step(db, steps[i], i + 1);
}

}  // namespace sockeye::hub::schema
