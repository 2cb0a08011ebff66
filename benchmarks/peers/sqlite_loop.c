// The bare loop that durable publishing is held against: rows into SQLite (WAL, full sync), so many
// a commit, and nothing else.
//
//   sqlite_loop --database PATH --schema FILE --rows FILE
//               [--batch N] [--size BYTES] [--seconds S]
//
// The schema file is SQL that is run once. The rows file has one line for each statement that a
// row takes: what to bind, a colon, the statement. What to bind is a list with commas, one word
// for each `?`:
//   sequence      the row's number, from 1        milliseconds   the present time (UTC)
//   payload       a blob of --size bytes          null
//   integer=N     that number                     text=WORD      that text
// Lines that begin with `#` are remarks. Prints one JSON line.
#include <sqlite3.h>
#include <unistd.h>

#include "../instruments/clock.h"
#include "../instruments/histogram.h"
#include "../instruments/options.h"

enum { most_statements = 8, most_binds = 32, longest_line = 4096, largest_file = 1 << 20 };

struct statement {
    sqlite3_stmt* prepared;
    char text[longest_line];
    char* binds[most_binds];
    int bind_count;
};

struct loop {
    sqlite3* database;
    struct statement statements[most_statements];
    int statement_count, batch, size;
    char* payload;
    sqlite3_int64 sequence;
    struct histogram commit_latency;
};

static void must_sqlite(struct loop* loop, const char* operation, int result) {
    if (result == SQLITE_OK || result == SQLITE_DONE || result == SQLITE_ROW) return;
    fail("%s: %s", operation, sqlite3_errmsg(loop->database));
}

static void execute(struct loop* loop, const char* sql) {
    must_sqlite(loop, sql, sqlite3_exec(loop->database, sql, NULL, NULL, NULL));
}

static void run_schema(struct loop* loop, const char* path) {
    FILE* file = fopen(path, "re");
    if (!file) fail_errno(path);
    char* sql = must_allocate(1, largest_file);
    size_t size = fread(sql, 1, largest_file - 1, file);
    fclose(file);
    if (size == largest_file - 1) fail("%s: longer than %d bytes", path, largest_file);
    execute(loop, sql);
    free(sql);
}

static int keep_mode(void* kept, int columns, char** values, char** names) {
    (void)columns, (void)names;
    snprintf(kept, 16, "%s", values[0]);
    return 0;
}

static void open_database(struct loop* loop, const char* path, const char* schema) {
    must_sqlite(loop, path, sqlite3_open(path, &loop->database));
    execute(loop, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
    run_schema(loop, schema);
    char mode[16] = "";
    must_sqlite(loop, "journal_mode",
                sqlite3_exec(loop->database, "PRAGMA journal_mode", keep_mode, mode, NULL));
    if (strcmp(mode, "wal")) fail("%s: the journal is `%s`, not WAL", path, mode);
}

static void add_statement(struct loop* loop, const char* line) {
    if (loop->statement_count == most_statements) fail("more than %d statements", most_statements);
    struct statement* statement = &loop->statements[loop->statement_count++];
    snprintf(statement->text, sizeof statement->text, "%s", line);
    char* sql = strchr(statement->text, ':');
    if (!sql) fail("no colon in `%s`", line);
    *sql++ = 0;
    for (char* word = strtok(statement->text, ", "); word; word = strtok(NULL, ", ")) {
        if (statement->bind_count == most_binds) fail("more than %d words to bind", most_binds);
        statement->binds[statement->bind_count++] = word;
    }
    must_sqlite(loop, sql, sqlite3_prepare_v2(loop->database, sql, -1, &statement->prepared, NULL));
    if (sqlite3_bind_parameter_count(statement->prepared) != statement->bind_count) {
        fail("%d words to bind for another number of `?` in%s", statement->bind_count, sql);
    }
}

static void read_statements(struct loop* loop, const char* path) {
    FILE* file = fopen(path, "re");
    if (!file) fail_errno(path);
    char line[longest_line];
    while (fgets(line, sizeof line, file)) {
        if (line[0] != '#' && line[0] != '\n') add_statement(loop, line);
    }
    fclose(file);
}

static int bind_one(struct loop* loop, sqlite3_stmt* prepared, int place, const char* word) {
    if (!strcmp(word, "sequence")) return sqlite3_bind_int64(prepared, place, loop->sequence);
    if (!strcmp(word, "null")) return sqlite3_bind_null(prepared, place);
    if (!strcmp(word, "payload")) {
        return sqlite3_bind_blob(prepared, place, loop->payload, loop->size, SQLITE_STATIC);
    }
    if (!strcmp(word, "milliseconds")) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        return sqlite3_bind_int64(prepared, place, now.tv_sec * 1000ll + now.tv_nsec / 1000000);
    }
    if (!strncmp(word, "integer=", 8)) return sqlite3_bind_int64(prepared, place, atoll(word + 8));
    if (!strncmp(word, "text=", 5)) {
        return sqlite3_bind_text(prepared, place, word + 5, -1, SQLITE_STATIC);
    }
    fail("`%s`: not a word to bind", word);
}

static void insert_row(struct loop* loop) {
    ++loop->sequence;
    for (int i = 0; i < loop->statement_count; ++i) {
        struct statement* statement = &loop->statements[i];
        for (int b = 0; b < statement->bind_count; ++b) {
            must_sqlite(loop, "bind",
                        bind_one(loop, statement->prepared, b + 1, statement->binds[b]));
        }
        must_sqlite(loop, "insert", sqlite3_step(statement->prepared));
        must_sqlite(loop, "reset", sqlite3_reset(statement->prepared));
    }
}

static void commit_batches(struct loop* loop, double seconds) {
    uint64_t begin = now_ns(), end = begin + seconds_to_ns(seconds), now = begin;
    while (now < end) {
        uint64_t before = now;
        execute(loop, "BEGIN IMMEDIATE");
        for (int i = 0; i < loop->batch; ++i) insert_row(loop);
        execute(loop, "COMMIT");
        now = now_ns();
        histogram_add(&loop->commit_latency, now - before);
    }
    printf("{\"peer\":\"sqlite_loop\",\"batch\":%d,\"size\":%d,\"rows\":%lld,\"seconds\":%.6f,",
           loop->batch, loop->size, (long long)loop->sequence, (double)(now - begin) / 1e9);
    histogram_print(&loop->commit_latency, "commit_us");
    printf("}\n");
}

int main(int argc, char** argv) {
    static struct loop loop = {.batch = 1, .size = 64};
    const char *database = NULL, *schema = NULL, *rows = NULL;
    double seconds = 2;
    const struct option_entry options[] = {
        {"database", option_text, &database}, {"schema", option_text, &schema},
        {"rows", option_text, &rows},         {"batch", option_integer, &loop.batch},
        {"size", option_integer, &loop.size}, {"seconds", option_number, &seconds}};
    parse_options(argc, argv, options, 6, NULL, 0);
    if (!database || !schema || !rows) fail("--database, --schema and --rows are needed");
    if (loop.batch < 1 || loop.size < 0) fail("--batch is 1 or more, --size 0 or more");
    loop.payload = must_allocate(1, (size_t)loop.size + 1);
    memset(loop.payload, 'x', (size_t)loop.size);
    open_database(&loop, database, schema);
    read_statements(&loop, rows);
    commit_batches(&loop, seconds);
    sqlite3_close(loop.database);
}
