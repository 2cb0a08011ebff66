#include <cerrno>
#include <unistd.h>
#include <utility>

#include "hub/store/content_hash.hpp"
#include "hub/store/file_store_parts.hpp"
#include "hub/store/files.hpp"
#include "hub/store/publication_check.hpp"
#include "hub/store/waiter.hpp"
#include "hub/topics/topic.hpp"
#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

std::unexpected<store_failure> refused(store_status status, std::string reason) {
    return std::unexpected(store_failure{status, std::move(reason)});
}

std::unexpected<store_failure> refused(const error& why) {
    const std::error_code code = why.code();
    const bool is_full = code == std::errc::no_space_on_device ||
                         code == std::errc::file_too_large ||
                         code == std::error_code(EDQUOT, std::generic_category()) ||
                         code == std::error_code(EDQUOT, std::system_category());
    return refused(is_full ? store_status::no_space : store_status::failed, why.what());
}

std::unexpected<store_failure> quota_full(const object_directory& objects) {
    return refused(store_status::no_space, "the files would take more than " +
                                               std::to_string(objects.max_bytes()) +
                                               " bytes together");
}

commit_job job_of(file_publication&& what, file_reference&& file, std::uint64_t token,
                  publish_listener& listener) {
    commit_job job;
    job.what = std::make_shared<event>();
    job.what->topic = topic_of_file(file.path);
    job.what->content_type = std::move(what.content_type);
    job.what->sender = std::move(what.sender);
    job.what->file = std::move(file);
    job.idempotency_key = std::move(what.idempotency_key);
    job.token = token;
    job.listener = &listener;
    return job;
}

}  // namespace

struct upload::state {
    explicit state(file_store::parts& parts)
        : objects(parts.objects), writing(parts.writing), file(objects.create_temporary(name)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
        if (name.empty()) return;
        ::unlink(name.c_str());
        objects.give_back(static_cast<std::int64_t>(size));
    }

    void write(bytes_view bytes) {
        while (!bytes.empty()) {
            const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
            if (written < 0 && errno == EINTR) continue;
            if (written < 0) throw error::from_errno(errno, "write", name);
            bytes = bytes.without_first(static_cast<std::size_t>(written));
        }
    }

    object_directory& objects;
    writer& writing;
    std::string name;  // of the temporary; empty once it has become an object
    unique_fd file;
    content_hash hash;
    std::uint64_t size = 0;  // reserved in `objects`
};

upload::upload(std::unique_ptr<state> state) noexcept : state_(std::move(state)) {}
upload::upload(upload&&) noexcept = default;
upload& upload::operator=(upload&&) noexcept = default;
upload::~upload() = default;

std::uint64_t upload::size() const noexcept {
    return state_ ? state_->size : 0;
}

std::expected<void, store_failure> upload::write(bytes_view bytes) {
    if (!state_) return refused(store_status::failed, "the upload has ended");
    if (!state_->objects.reserve(static_cast<std::int64_t>(bytes.size())))
        return quota_full(state_->objects);
    state_->size += bytes.size();
    try {
        state_->hash.add(bytes);
        state_->write(bytes);
    } catch (const error& failure) {
        auto result = refused(failure);
        state_.reset();
        return result;
    }
    return {};
}

std::expected<void, store_failure> upload::finish(file_publication what, std::uint64_t token,
                                                  publish_listener& listener) {
    const std::unique_ptr<state> ending = std::move(state_);
    if (!ending) return refused(store_status::failed, "the upload has ended");
    if (auto ok = check_file_publication(what); !ok) return ok;
    try {
        file_reference file{std::move(what.path), ending->hash.finish(), ending->size,
                            file_reference::change::stored};
        object_pin content = ending->objects.pin(file.hash, object_directory::after_pin::check);
        ending->objects.adopt(ending->file.get(), ending->name, file.hash,
                              static_cast<std::int64_t>(ending->size));
        ending->name.clear();
        commit_job job = job_of(std::move(what), std::move(file), token, listener);
        job.content = std::move(content);
        return ending->writing.queue(std::move(job));
    } catch (const error& failure) {
        return refused(failure);
    }
}

std::expected<std::int64_t, store_failure> upload::finish_and_wait(file_publication what) {
    waiter end;
    if (auto queued = finish(std::move(what), 0, end); !queued)
        return std::unexpected(std::move(queued.error()));
    return end.wait();
}

std::expected<upload, store_failure> file_store::open_upload(std::uint64_t expected_bytes) {
    object_directory& objects = parts_->objects;
    const std::int64_t room = objects.max_bytes() - objects.bytes();
    if (room < 0 || expected_bytes > static_cast<std::uint64_t>(room)) return quota_full(objects);
    try {
        return upload(std::make_unique<upload::state>(*parts_));
    } catch (const error& failure) {
        return refused(failure);
    }
}

std::expected<void, store_failure> file_store::remove(file_publication what, std::uint64_t token,
                                                      publish_listener& listener) {
    if (auto ok = check_file_publication(what); !ok) return ok;
    file_reference file{std::move(what.path), {}, 0, file_reference::change::removed};
    return parts_->writing.queue(job_of(std::move(what), std::move(file), token, listener));
}

std::expected<std::int64_t, store_failure> file_store::remove_and_wait(file_publication what) {
    waiter end;
    if (auto queued = remove(std::move(what), 0, end); !queued)
        return std::unexpected(std::move(queued.error()));
    return end.wait();
}

}  // namespace sockeye::hub
