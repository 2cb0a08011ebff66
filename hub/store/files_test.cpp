#include "hub/store/files.hpp"

#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "hub/store/store.hpp"
#include "hub/store/test_directory.hpp"

namespace sockeye::hub {
namespace {

// FIPS 180-4: of the empty message, and of "abc".
constexpr const char* hash_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* hash_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

file_publication named(std::string path) {
    file_publication what;
    what.path = std::move(path);
    what.content_type = "text/plain";
    what.sender = "test";
    return what;
}

std::expected<std::int64_t, store_failure> put(store& log, std::string path,
                                               std::string_view content) {
    auto incoming = log.files().open_upload();
    if (!incoming) return std::unexpected(incoming.error());
    if (auto ok = incoming->write(content); !ok) return std::unexpected(ok.error());
    return incoming->finish_and_wait(named(std::move(path)));
}

std::string content_of(const open_file& file) {
    std::string text(file.info().size, '\0');
    const ssize_t got = ::pread(file.fd(), text.data(), text.size(), 0);
    return text.substr(0, got < 0 ? 0 : static_cast<std::size_t>(got));
}

std::size_t files_below(const std::string& directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(directory))
        count += entry.is_regular_file();
    return count;
}

// Contents are collected after the end of the publication is told.
bool eventually_has(const store& log, std::int64_t file_bytes) {
    for (int i = 0; i < 500 && log.counters().file_bytes != file_bytes; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return log.counters().file_bytes == file_bytes;
}

TEST(files, paths) {
    for (const std::string good : {"a", "a/b/c.txt", ".hidden", "a b/ü", "...", "a%b+#"})
        EXPECT_TRUE(check_file_path(good)) << good;
    for (const std::string bad : {"", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a\\b",
                                  "a\nb", "a\x7F", "\xFF", "a\xC2\x85"})
        EXPECT_FALSE(check_file_path(bad)) << bad;
    EXPECT_FALSE(check_file_path(std::string("a\0b", 3)));
    EXPECT_TRUE(check_file_path(std::string(255, 'x')));
    EXPECT_FALSE(check_file_path(std::string(256, 'x')));
    std::string deep = "a";
    for (int i = 1; i < 100; ++i) deep += "/a";
    EXPECT_TRUE(check_file_path(deep));
    EXPECT_FALSE(check_file_path(deep + "/a"));
    EXPECT_EQ(check_file_path("a/../b").error(), "the path `a/../b` has the segment `..`");
}

TEST(files, stored_found_and_an_event) {
    const test_directory directory;
    {
        store log(directory.data());
        EXPECT_EQ(put(log, "docs/a b.txt", "abc"), 1);
        EXPECT_EQ(put(log, "empty", ""), 2);
    }
    store log(directory.data());
    const auto file = log.files().open("docs/a b.txt");
    ASSERT_TRUE(file);
    EXPECT_EQ(file->info().hash, hash_of_abc);
    EXPECT_EQ(file->info().size, 3u);
    EXPECT_EQ(file->info().content_type, "text/plain");
    EXPECT_EQ(file->info().event_id, 1);
    EXPECT_EQ(content_of(*file), "abc");
    EXPECT_EQ(log.files().find("empty")->hash, hash_of_nothing);
    EXPECT_EQ(log.files().open("missing").error().status, store_status::not_found);
    history_query query;
    query.filters = {"files/#"};
    const history_page page = log.history(query);
    ASSERT_EQ(page.events.size(), 2u);
    EXPECT_EQ(page.events[0]->topic, "files/docs/a b.txt");
    ASSERT_TRUE(page.events[0]->file);
    EXPECT_EQ(page.events[0]->file->hash, hash_of_abc);
    EXPECT_EQ(page.events[0]->file->kind, file_reference::change::stored);
    EXPECT_EQ(log.counters().file_bytes, 3);
}

TEST(files, replaced_and_removed_contents_go_when_nobody_needs_them) {
    const test_directory directory;
    store log(directory.data());
    const std::string objects = directory.data() + "/objects";
    ASSERT_TRUE(put(log, "one", "abc"));
    ASSERT_TRUE(put(log, "two", "abc"));
    EXPECT_EQ(files_below(objects), 1u);
    EXPECT_EQ(log.counters().file_bytes, 3);
    ASSERT_TRUE(put(log, "one", "longer"));
    EXPECT_EQ(log.counters().file_bytes, 9);
    {
        const auto reader = log.files().open("two");
        ASSERT_TRUE(reader);
        EXPECT_EQ(log.files().remove_and_wait(named("two")), 4);
        EXPECT_FALSE(log.files().find("two"));
        ASSERT_TRUE(put(log, "three", "x"));  // the writer has been past the content
        EXPECT_EQ(files_below(objects), 3u);
        EXPECT_EQ(content_of(*reader), "abc");
    }
    ASSERT_TRUE(put(log, "three", "y"));
    EXPECT_TRUE(eventually_has(log, 7));
    EXPECT_EQ(files_below(objects), 2u);
    EXPECT_EQ(log.files().remove_and_wait(named("two")).error().status, store_status::not_found);
    history_query query;
    query.filters = {"files/two"};
    const auto events = log.history(query).events;
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[1]->file->kind, file_reference::change::removed);
    EXPECT_EQ(events[1]->file->hash, hash_of_abc);
}

TEST(files, a_file_is_no_directory) {
    const test_directory directory;
    store log(directory.data());
    ASSERT_TRUE(put(log, "a/b", "x"));
    EXPECT_EQ(put(log, "a", "x").error().status, store_status::conflict);
    EXPECT_EQ(put(log, "a/b/c", "x").error().status, store_status::conflict);
    EXPECT_EQ(put(log, "a/b/c/d", "x").error().reason, "`a/b` is a file, not a directory");
    EXPECT_TRUE(put(log, "a/b", "y"));
    EXPECT_TRUE(put(log, "a.b", "y"));
    EXPECT_EQ(put(log, "../x", "y").error().status, store_status::invalid);
    EXPECT_EQ(log.last_id(), 3);
}

std::vector<std::string> names(const file_listing& listing) {
    std::vector<std::string> all;
    for (const file_entry& entry : listing.entries)
        all.push_back(entry.info.path + (entry.kind == file_entry::type::directory ? "/" : ""));
    return all;
}

TEST(files, listing) {
    const test_directory directory;
    store log(directory.data());
    for (const std::string path : {"b", "a/1", "a/2", "a/sub/x", "a/sub/y", "a-b", "a0", "c/z"})
        ASSERT_TRUE(put(log, path, path));
    using list = std::vector<std::string>;
    EXPECT_EQ(names(log.files().list("")), (list{"a-b", "a/", "a0", "b", "c/"}));
    EXPECT_EQ(names(log.files().list("a")), (list{"a/1", "a/2", "a/sub/"}));
    EXPECT_EQ(names(log.files().list("a/sub")), (list{"a/sub/x", "a/sub/y"}));
    EXPECT_EQ(names(log.files().list("nothing")), list{});
    list paged;
    file_listing page;
    do {
        page = log.files().list("", page.next, 2);
        EXPECT_LE(page.entries.size(), 2u);
        for (const std::string& name : names(page)) paged.push_back(name);
    } while (!page.next.empty());
    EXPECT_EQ(paged, names(log.files().list("")));
}

TEST(files, an_upload_that_is_dropped_leaves_nothing) {
    const test_directory directory;
    store log(directory.data());
    {
        auto incoming = log.files().open_upload();
        ASSERT_TRUE(incoming);
        ASSERT_TRUE(incoming->write("half"));
        EXPECT_EQ(files_below(directory.data() + "/uploads"), 1u);
        EXPECT_EQ(log.counters().file_bytes, 4);
    }
    EXPECT_EQ(files_below(directory.data() + "/uploads"), 0u);
    EXPECT_EQ(log.counters().file_bytes, 0);
    EXPECT_EQ(log.last_id(), 0);
}

TEST(files, what_a_crash_left_behind_is_removed_at_the_start) {
    const test_directory directory;
    {
        store log(directory.data());
        ASSERT_TRUE(put(log, "kept", "abc"));
    }
    std::ofstream(directory.data() + "/uploads/7") << "half an upload";
    std::filesystem::create_directory(directory.data() + "/objects/00");
    std::ofstream(directory.data() + "/objects/00/" + std::string(62, '1')) << "never named";
    store log(directory.data());
    EXPECT_EQ(files_below(directory.data() + "/uploads"), 0u);
    EXPECT_EQ(files_below(directory.data() + "/objects"), 1u);
    EXPECT_EQ(log.counters().file_bytes, 3);
    EXPECT_EQ(content_of(*log.files().open("kept")), "abc");
}

TEST(files, the_quota_is_kept) {
    const test_directory directory;
    store_options options;
    options.max_file_bytes = 10;
    store log(directory.data(), options);
    EXPECT_EQ(log.files().open_upload(11).error().status, store_status::no_space);
    ASSERT_TRUE(put(log, "a", "123456"));
    EXPECT_EQ(put(log, "b", "12345").error().status, store_status::no_space);
    EXPECT_EQ(log.counters().file_bytes, 6);
    EXPECT_TRUE(put(log, "b", "1234"));
    EXPECT_EQ(log.files().remove_and_wait(named("a")), 3);
    EXPECT_TRUE(eventually_has(log, 4));
    EXPECT_TRUE(put(log, "c", "123456"));
}

TEST(files, an_idempotency_key_stores_a_file_once) {
    const test_directory directory;
    store log(directory.data());
    for (const std::string content : {"abc", "abc", "other"}) {
        auto incoming = log.files().open_upload();
        ASSERT_TRUE(incoming);
        ASSERT_TRUE(incoming->write(content));
        file_publication what = named("a");
        what.idempotency_key = "key";
        EXPECT_EQ(incoming->finish_and_wait(what), 1);
    }
    EXPECT_EQ(content_of(*log.files().open("a")), "abc");
    EXPECT_TRUE(eventually_has(log, 3));
    EXPECT_EQ(files_below(directory.data() + "/objects"), 1u);
}

}  // namespace
}  // namespace sockeye::hub
