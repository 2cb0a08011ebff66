// Durable publishing in one process: the store beside a bare SQLite loop with the same tables,
// indexes, rows and settings, interleaved. `--print-schema` prints them for other programs.
//
//   store_publish [--directory DIR] [--seconds N] [--payload BYTES] [--publishers N]
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "hub/store/database.hpp"
#include "hub/store/event_row.hpp"
#include "hub/store/schema.hpp"
#include "hub/store/store.hpp"

namespace {

using namespace sockeye::hub;
using clock_type = std::chrono::steady_clock;
using seconds_type = std::chrono::duration<double>;

// So many turns of each, so that a disturbance of the machine meets both.
constexpr int rounds = 20;

struct settings {
    std::string directory = (std::filesystem::temp_directory_path() / "store_publish").string();
    double seconds = 1;
    std::size_t payload = 64;
    std::size_t publishers = 64;
};

publication message(const settings& how) {
    publication what;
    what.topic = "bench/topic";
    what.content_type = "application/octet-stream";
    what.payload = sockeye::shared_bytes(std::string(how.payload, 'x'));
    return what;
}

// The bare loop: one thread, prepared statements, nothing else.
class bare_loop {
  public:
    explicit bare_loop(const settings& how)
        : db_(how.directory + "/bare.db", database::access::read_write, nullptr) {
        schema::upgrade(db_, "bare.db", schema::steps());
        db_.execute(schema::writer_settings);
        db_.execute("PRAGMA wal_autocheckpoint=1024");
        db_.execute("INSERT OR IGNORE INTO topics VALUES(1, 'bench/topic')");
        const publication like = message(how);
        row_.content_type = like.content_type;
        row_.payload = like.payload;
        row_.id = db_.integer("SELECT max(id) FROM events");
    }

    void commit(std::size_t rows) {
        db_.prepared("BEGIN IMMEDIATE").run();
        statement& insert = db_.prepared(schema::insert_event);
        row_.time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
        for (std::size_t i = 0; i < rows; ++i) {
            ++row_.id;
            bind_event(insert, row_, 1, {});
            insert.run();
        }
        db_.prepared("COMMIT").run();
    }

  private:
    database db_;
    event row_;
};

// As a front does it: the store's thread hands the ends of a batch over, once; one thread of the
// front's publishes again for each of them.
class front final : public publish_listener {
  public:
    front(store& log, const settings& how) : log_(log), how_(how) {}

    void on_published(std::span<const publish_result> results) noexcept override {
        const std::lock_guard lock(mutex_);
        for (const publish_result& result : results) ended_.push_back(result.token);
        changed_.notify_one();
    }

    // The number of publications that ended.
    std::size_t run(clock_type::time_point until) {
        std::vector<std::uint64_t> turn(how_.publishers);
        std::size_t under_way = 0;
        std::size_t count = 0;
        while (true) {
            const bool more = clock_type::now() < until;
            for (std::size_t i = 0; more && i < turn.size(); ++i) {
                if (!log_.publish(message(how_), turn[i], *this)) std::abort();
                ++under_way;
            }
            if (under_way == 0) return count;
            turn.clear();
            std::unique_lock lock(mutex_);
            changed_.wait(lock, [&] { return !ended_.empty(); });
            turn.swap(ended_);
            under_way -= turn.size();
            count += turn.size();
        }
    }

  private:
    store& log_;
    const settings& how_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::uint64_t> ended_;
};

// Runs `work` until the time is over; the microseconds of each turn.
template <class Work>
std::vector<double> timed(double seconds, Work work) {
    std::vector<double> took;
    const auto until = clock_type::now() + seconds_type(seconds);
    for (auto begin = clock_type::now(); begin < until;) {
        work();
        const auto end = clock_type::now();
        took.push_back(std::chrono::duration<double, std::micro>(end - begin).count());
        begin = end;
    }
    return took;
}

double quantile(std::vector<double>& values, double part) {
    std::ranges::sort(values);
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
}

void append(std::vector<double>& all, const std::vector<double>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

void lone_publisher(bare_loop& bare, store& log, const settings& how) {
    std::vector<double> bare_us;
    std::vector<double> store_us;
    for (int round = 0; round < rounds; ++round) {
        append(bare_us, timed(how.seconds / rounds, [&] { bare.commit(1); }));
        append(store_us, timed(how.seconds / rounds, [&] {
                   if (!log.publish_and_wait(message(how))) std::abort();
               }));
    }
    const double bare_median = quantile(bare_us, 0.5);
    const double store_median = quantile(store_us, 0.5);
    std::printf(
        "lone publisher, us: bare commit p50 %.0f p99 %.0f; store p50 %.0f p99 %.0f;"
        " ratio of medians %.2f\n",
        bare_median, quantile(bare_us, 0.99), store_median, quantile(store_us, 0.99),
        store_median / bare_median);
}

void many_publishers(bare_loop& bare, store& log, const settings& how) {
    double bare_rows = 0;
    double stored = 0;
    double bare_time = 0;
    double store_time = 0;
    const std::uint64_t batches_before = log.counters().batches;
    for (int round = 0; round < rounds; ++round) {
        const auto begin = clock_type::now();
        bare_rows += static_cast<double>(
            timed(how.seconds / rounds, [&] { bare.commit(how.publishers); }).size() *
            how.publishers);
        const auto middle = clock_type::now();
        front publishers(log, how);
        stored += static_cast<double>(publishers.run(
            middle +
            std::chrono::duration_cast<clock_type::duration>(seconds_type(how.seconds / rounds))));
        bare_time += seconds_type(middle - begin).count();
        store_time += seconds_type(clock_type::now() - middle).count();
    }
    const auto batches = static_cast<double>(log.counters().batches - batches_before);
    std::printf(
        "%zu publishers, events/s: bare loop in batches of %zu %.0f; store %.0f,"
        " %.1f a batch; ratio %.2f\n",
        how.publishers, how.publishers, bare_rows / bare_time, stored / store_time,
        stored / batches, (stored / store_time) / (bare_rows / bare_time));
}

void print_schema() {
    std::printf("%s\n%s\n%s\n%s;\n", schema::writer_settings, schema::create_log,
                schema::create_rest, schema::insert_event);
}

}  // namespace

int main(int argc, char** argv) {
    settings how;
    for (int i = 1; i < argc; ++i) {
        const std::string_view option = argv[i];
        if (option == "--print-schema") return print_schema(), 0;
        if (i + 1 == argc) return std::fprintf(stderr, "%s needs a value\n", argv[i]), 2;
        const char* value = argv[++i];
        if (option == "--directory")
            how.directory = value;
        else if (option == "--seconds")
            how.seconds = std::strtod(value, nullptr);
        else if (option == "--payload")
            how.payload = std::strtoul(value, nullptr, 10);
        else if (option == "--publishers")
            how.publishers = std::strtoul(value, nullptr, 10);
        else
            return std::fprintf(stderr, "unknown option %s\n", argv[i - 1]), 2;
    }
    std::filesystem::create_directories(how.directory);
    bare_loop bare(how);
    store log(how.directory + "/store");
    // Both write-ahead logs have grown once before anything is measured.
    for (int i = 0; i < 1200; ++i) bare.commit(1);
    for (int i = 0; i < 1200; ++i)
        if (!log.publish_and_wait(message(how))) return 1;
    lone_publisher(bare, log, how);
    many_publishers(bare, log, how);
}
