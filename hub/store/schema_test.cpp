#include "hub/store/schema.hpp"

#include <gtest/gtest.h>

#include "hub/store/database.hpp"
#include "hub/store/test_directory.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

void first(database& db) {
    db.execute("CREATE TABLE x(a)");
}
void second(database& db) {
    db.execute("ALTER TABLE x ADD COLUMN b");
}
void broken(database& db) {
    db.execute("ALTER TABLE x ADD COLUMN c");
    db.execute("SELECT * FROM nowhere");
}

TEST(schema, upgrades_step_by_step_and_each_wholly_or_not) {
    const test_directory directory;
    const std::string file = directory.path() + "/x.db";
    database db(file, database::access::read_write, nullptr);
    const schema::step one[] = {first};
    schema::upgrade(db, file, one);
    EXPECT_EQ(db.integer("PRAGMA user_version"), 1);
    const schema::step failing[] = {first, second, broken};
    EXPECT_THROW(schema::upgrade(db, file, failing), database_error);
    EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
    EXPECT_EQ(db.integer("SELECT count(*) FROM pragma_table_info('x')"), 2);
    EXPECT_THROW(schema::upgrade(db, file, one), error);
    const schema::step both[] = {first, second};
    schema::upgrade(db, file, both);
    EXPECT_EQ(db.integer("PRAGMA user_version"), 2);
}

}  // namespace
}  // namespace sockeye::hub
