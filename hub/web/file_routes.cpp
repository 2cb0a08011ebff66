#include "hub/web/file_routes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <unistd.h>
#include <utility>

#include "hub/store/files.hpp"
#include "hub/topics/topic.hpp"
#include "hub/web/file_listing_text.hpp"
#include "hub/web/http_connection.hpp"
#include "hub/web/page_routes.hpp"
#include "hub/web/query.hpp"
#include "hub/web/status_of_store.hpp"
#include "hub/web/web_front.hpp"
#include "sockeye/core/percent.hpp"
#include "sockeye/protocols/http/conditional.hpp"
#include "sockeye/protocols/http/ranges.hpp"
#include "sockeye/runtime/blocking.hpp"

namespace sockeye::hub {
namespace {

constexpr std::size_t read_at_once = 256 << 10;
constexpr std::size_t entries_at_once = 1000;

// What a browser shows without running anything. Everything else is saved, not opened.
constexpr std::array passive_types = {
    std::string_view("image/png"),  std::string_view("image/jpeg"), std::string_view("image/gif"),
    std::string_view("image/webp"), std::string_view("audio/mpeg"), std::string_view("audio/ogg"),
    std::string_view("video/mp4"),  std::string_view("video/webm"), std::string_view("text/plain"),
};

bool is_passive(std::string_view content_type) {
    std::string_view essence = content_type.substr(0, content_type.find(';'));
    while (essence.ends_with(' ')) essence.remove_suffix(1);
    return std::ranges::any_of(passive_types, [essence](std::string_view each) {
        return http::equal_ignoring_case(each, essence);
    });
}

http::date wall_seconds() {
    return http::date(
        std::chrono::floor<std::chrono::seconds>(loop::current().engine().wall_time()));
}

// Of what is there under a path; the texts it shows live here.
struct file_state {
    explicit file_state(const std::optional<file_info>& info) : exists(info.has_value()) {
        if (!info) return;
        etag = '"' + info->hash + '"';
        modified = std::chrono::floor<std::chrono::seconds>(info->time);
    }
    http::validators validators() const {
        if (!exists) return {false, {}, {}};
        return {true, etag, modified};
    }

    bool exists;
    std::string etag;
    http::date modified{};
};

task<bool> path_is_refused(http_connection& on, std::string_view rest, std::string* path) {
    auto decoded = percent_decode(rest);
    std::string wrong;
    if (!decoded) {
        wrong = "the path is badly percent-encoded";
    } else if (const auto valid = check_file_path(*decoded); !valid) {
        wrong = valid.error();
    } else {
        *path = std::move(*decoded);
        co_return false;
    }
    co_await on.refuse(400, std::move(wrong));
    co_return true;
}

task<std::optional<file_info>> find_file(http_connection& on, const std::string* path) {
    const auto find = [&on, path] { return on.front().store().files().find(*path); };
    co_return co_await blocking(find);
}

file_publication publication_of(const http_connection& on, std::string path) {
    file_publication what;
    what.path = std::move(path);
    what.content_type = on.field("Content-Type");
    what.idempotency_key = on.field("Idempotency-Key");
    return what;
}

// --- GET

// The fields of a 200, 206, 304 or 416.
struct file_fields {
    file_fields(const file_info& info, const file_state& state)
        : modified(http::format_date(state.modified)) {
        add("ETag", state.etag);
        add("Last-Modified", modified);
        add("Accept-Ranges", "bytes");
        add("Cache-Control", "no-cache");
        add("Content-Security-Policy", "sandbox");
        if (!is_passive(info.content_type)) add("Content-Disposition", "attachment");
    }
    void add(std::string_view name, std::string_view value) { list[count++] = {name, value}; }
    std::span<const http::header> view() const { return std::span(list).first(count); }

    std::string modified;
    std::string content_range;
    std::array<http::header, 8> list;
    std::size_t count = 0;
};

task<> send_content(http_connection& on, const open_file* file, http::byte_range part) {
    const auto room = std::make_unique_for_overwrite<std::byte[]>(read_at_once);
    for (std::uint64_t at = part.first; at <= part.last;) {
        const auto wanted = std::min<std::uint64_t>(read_at_once, part.last - at + 1);
        const auto read = [file, into = room.get(), wanted, at] {
            const ssize_t size =
                ::pread(file->fd(), into, static_cast<std::size_t>(wanted), static_cast<off_t>(at));
            if (size <= 0)
                throw error::from_errno(size ? errno : EIO, "read the file", file->info().path);
            return static_cast<std::size_t>(size);
        };
        const std::size_t size = co_await blocking(read);
        co_await on.send_part_now(bytes_view(room.get(), size));
        at += size;
    }
}

task<> answer_content(http_connection& on, const open_file* file, const file_state* state) {
    const file_info& info = file->info();
    const http1::request_head& request = on.request();
    http::range_selection selected;
    if (request.method == http::method::get &&
        http::if_range_holds(request.headers, state->validators(), wall_seconds()))
        selected = http::select_ranges(on.field("Range"), info.size);
    file_fields fields(info, *state);
    answer head;
    head.content_type = info.content_type;
    if (head.content_type.empty()) head.content_type = "application/octet-stream";
    http::byte_range part{0, info.size - 1};
    if (selected.answer == http::range_answer::unsatisfiable) {
        fields.content_range = http::unsatisfied_range(info.size);
        head.status = 416;
    } else if (selected.answer == http::range_answer::parts && selected.parts.size() == 1) {
        // Several parts are answered with the whole, as RFC 9110 section 14.2 allows.
        part = selected.parts.front();
        fields.content_range = http::content_range(part, info.size);
        head.status = 206;
    }
    if (!fields.content_range.empty()) fields.add("Content-Range", fields.content_range);
    head.headers = fields.view();
    const bool has_content = head.status != 416 && info.size > 0;
    co_await on.begin(head, has_content ? part.size() : 0);
    if (has_content && request.method == http::method::get) co_await send_content(on, file, part);
    co_await on.end();
}

task<> answer_file(http_connection& on, open_file file) {
    const file_state state(file.info());
    const auto met = http::evaluate_preconditions(on.request().method, on.request().headers,
                                                  state.validators(), wall_seconds());
    if (met == http::precondition::holds) {
        co_await answer_content(on, &file, &state);
    } else {
        const file_fields fields(file.info(), state);
        answer what;
        what.status = met == http::precondition::not_modified ? 304 : 412;
        what.headers = fields.view();
        co_await on.respond(what);
    }
}

task<> answer_listing(http_connection& on, std::string_view rest) {
    auto directory = percent_decode(rest);
    const auto after = parameters(on.request().query, "after");
    if (!directory || !after) {
        co_await on.refuse(400, "the path or `after` is badly percent-encoded");
        co_return;
    }
    if (directory->ends_with('/')) directory->pop_back();
    const std::string from = after->empty() ? std::string() : after->back();
    const auto list = [&on, &directory, &from] {
        return on.front().store().files().list(*directory, from, entries_at_once);
    };
    const file_listing listing = co_await blocking(list);
    if (listing.entries.empty() && !directory->empty() && from.empty()) {
        co_await on.refuse(404, "there is no such directory");
        co_return;
    }
    const bool is_page = on.field("Accept").find("text/html") != std::string_view::npos;
    const std::string text =
        is_page ? listing_as_page(*directory, listing) : listing_as_json(*directory, listing);
    answer what;
    what.content_type = is_page ? "text/html; charset=utf-8" : "application/json";
    what.headers = page_headers();
    what.body = text;
    co_await on.respond(what);
}

// There is no such file; if it is a directory, the slash was missing.
task<> answer_missing(http_connection& on, const std::string* path) {
    const auto list = [&on, path] { return on.front().store().files().list(*path, {}, 1); };
    const file_listing listing = co_await blocking(list);
    if (listing.entries.empty()) {
        co_await on.refuse(404, "there is no such file");
        co_return;
    }
    const std::string place = "/files/" + percent_encode(*path, percent_keep::path) + '/';
    const http::header location[] = {{"Location", place}};
    answer what;
    what.status = 308;
    what.headers = location;
    co_await on.respond(what);
}

// --- PUT and DELETE

task<bool> precondition_fails(http_connection& on, const std::optional<file_info>* current) {
    const file_state state(*current);
    const auto met = http::evaluate_preconditions(on.request().method, on.request().headers,
                                                  state.validators(), wall_seconds());
    if (met == http::precondition::holds) co_return false;
    co_await on.refuse(412, "the file is not in the state that the request expects");
    co_return true;
}

task<std::optional<store_failure>> receive_upload(http_connection& on, upload* into,
                                                  bool* is_broken) {
    for (;;) {
        const std::optional<bytes_view> part = co_await on.next_part();
        if (!part) {
            *is_broken = true;
            co_return std::nullopt;
        }
        if (part->empty()) co_return std::nullopt;
        const auto write = [into, bytes = *part] { return into->write(bytes); };
        auto written = co_await blocking(write);
        if (!written) co_return std::move(written.error());
    }
}

task<> finish_upload(http_connection& on, upload* whole, file_publication what, unsigned status) {
    commit_waits::ticket ticket = on.front().commits().open();
    const auto finish = [&on, whole, &what, &ticket] {
        return whole->finish(std::move(what), ticket.token(), on.front().commits());
    };
    auto queued = co_await blocking(finish);
    if (!queued) ticket.refuse(std::move(queued.error()));
    co_await ticket.end();
    const commit_outcome& outcome = ticket.outcome();
    if (http_status_of(outcome.status) != 200) {
        co_await on.refuse(outcome);
        co_return;
    }
    const std::string text = "{\"id\":" + std::to_string(outcome.id) + "}\n";
    answer done;
    done.status = status;
    done.content_type = "application/json";
    done.body = text;
    co_await on.respond(done);
}

task<> store_file(http_connection& on, std::string path, unsigned status) {
    const std::uint64_t expected = on.request().content_length.value_or(0);
    const auto open = [&on, expected] { return on.front().store().files().open_upload(expected); };
    auto opened = co_await blocking(open);
    if (!opened) {
        co_await on.refuse(http_status_of(opened.error().status), opened.error().reason);
        co_return;
    }
    upload whole = std::move(*opened);
    bool is_broken = false;
    const auto failure = co_await receive_upload(on, &whole, &is_broken);
    if (is_broken) co_return;  // nothing is left of it
    if (failure)
        co_await on.refuse(http_status_of(failure->status), failure->reason);
    else
        co_await finish_upload(on, &whole, publication_of(on, std::move(path)), status);
}

}  // namespace

task<> get_file(http_connection& on, std::string_view rest) {
    if (rest.empty() || rest.ends_with('/')) {
        co_await answer_listing(on, rest);
        co_return;
    }
    std::string path;
    if (co_await path_is_refused(on, rest, &path)) co_return;
    const auto open = [&on, &path] { return on.front().store().files().open(path); };
    auto opened = co_await blocking(open);
    if (opened)
        co_await answer_file(on, std::move(*opened));
    else if (opened.error().status == store_status::not_found)
        co_await answer_missing(on, &path);
    else
        co_await on.refuse(http_status_of(opened.error().status), opened.error().reason);
}

task<> put_file(http_connection& on, std::string_view rest) {
    std::string path;
    if (co_await path_is_refused(on, rest, &path)) co_return;
    if (!on.field("Content-Range").empty() || !is_utf8(on.field("Content-Type"))) {
        co_await on.refuse(400,
                           "Content-Range has no meaning here, and Content-Type must be UTF-8");
        co_return;
    }
    const std::optional<file_info> current = co_await find_file(on, &path);
    if (co_await precondition_fails(on, &current)) co_return;
    co_await store_file(on, std::move(path), current ? 200 : 201);
}

task<> delete_file(http_connection& on, std::string_view rest) {
    std::string path;
    if (co_await path_is_refused(on, rest, &path)) co_return;
    const std::optional<file_info> current = co_await find_file(on, &path);
    if (co_await precondition_fails(on, &current)) co_return;
    file_publication what = publication_of(on, std::move(path));
    what.content_type.clear();
    commit_waits::ticket ticket = on.front().commits().open();
    const auto remove = [&on, &what, &ticket] {
        return on.front().store().files().remove(std::move(what), ticket.token(),
                                                 on.front().commits());
    };
    auto queued = co_await blocking(remove);
    if (!queued) ticket.refuse(std::move(queued.error()));
    co_await on.answer_when_committed(std::move(ticket));
}

}  // namespace sockeye::hub
