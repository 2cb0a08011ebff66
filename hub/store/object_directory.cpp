#include "hub/store/object_directory.hpp"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

namespace fs = std::filesystem;

void make_directory(const std::string& path) {
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST)
        throw error::from_errno(errno, "make the directory", path);
}

// What was renamed into a directory, or made in it, is durable once the directory is synced.
void sync_directory(const std::string& path) {
    const unique_fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) throw error::from_errno(errno, "open", path);
    if (::fsync(directory.get()) != 0) throw error::from_errno(errno, "sync", path);
}

std::int64_t size_of(const std::string& path) noexcept {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_size : 0;
}

}  // namespace

object_pin::object_pin(object_pin&& other) noexcept
    : from_(std::exchange(other.from_, nullptr)), hash_(std::move(other.hash_)) {}

object_pin& object_pin::operator=(object_pin&& other) noexcept {
    if (this != &other) {
        release();
        from_ = std::exchange(other.from_, nullptr);
        hash_ = std::move(other.hash_);
    }
    return *this;
}

void object_pin::release() noexcept {
    if (from_) std::exchange(from_, nullptr)->unpin(hash_);
}

object_directory::object_directory(const std::string& directory, std::int64_t max_bytes)
    : objects_(directory + "/objects"), uploads_(directory + "/uploads"), max_bytes_(max_bytes) {
    make_directory(objects_);
    make_directory(uploads_);
    sync_directory(directory);
    std::error_code failure;
    for (const auto& left_behind : fs::directory_iterator(uploads_))
        if (!fs::remove(left_behind.path(), failure) && failure)
            throw error(failure, "remove", left_behind.path().string());
}

bool object_directory::reserve(std::int64_t bytes) noexcept {
    if (bytes_.fetch_add(bytes) <= max_bytes_ - bytes) return true;
    bytes_.fetch_sub(bytes);
    return false;
}

unique_fd object_directory::create_temporary(std::string& name) {
    name = uploads_ + "/" + std::to_string(next_temporary_++);
    unique_fd file(::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file) throw error::from_errno(errno, "make", name);
    return file;
}

void object_directory::adopt(int fd, const std::string& temporary, std::string_view hash,
                             std::int64_t bytes) {
    if (::fsync(fd) != 0) throw error::from_errno(errno, "sync", temporary);
    const std::string target = path_of(hash);
    const std::string parent = target.substr(0, target.rfind('/'));
    if (::mkdir(parent.c_str(), 0700) == 0)
        sync_directory(objects_);
    else if (errno != EEXIST)
        throw error::from_errno(errno, "make the directory", parent);
    if (::renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, target.c_str(), RENAME_NOREPLACE) != 0) {
        if (errno != EEXIST) throw error::from_errno(errno, "rename", temporary);
        ::unlink(temporary.c_str());
        give_back(bytes);
    }
    // Also when the content was there: whoever brought it may not have come to this sync yet.
    sync_directory(parent);
}

object_pin object_directory::pin(std::string_view hash, after_pin then) {
    const std::lock_guard lock(mutex_);
    pins& entry = pins_[std::string(hash)];
    ++entry.count;
    if (then == after_pin::check) entry.then = then;
    return {*this, std::string(hash)};
}

void object_directory::unpin(const std::string& hash) noexcept {
    const std::lock_guard lock(mutex_);
    const auto found = pins_.find(hash);
    if (--found->second.count > 0) return;
    if (found->second.then == after_pin::check) unchecked_.push_back(hash);
    pins_.erase(found);
}

unique_fd object_directory::open(std::string_view hash) const noexcept {
    return unique_fd(::open(path_of(hash).c_str(), O_RDONLY | O_CLOEXEC));
}

void object_directory::check_later(std::string hash) {
    const std::lock_guard lock(mutex_);
    unchecked_.push_back(std::move(hash));
}

std::vector<std::string> object_directory::take_unchecked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(unchecked_, {});
}

void object_directory::collect(const std::string& hash) {
    // Under the lock: nobody can pin a content between the question and its end.
    const std::lock_guard lock(mutex_);
    if (const auto found = pins_.find(hash); found != pins_.end()) {
        found->second.then = after_pin::check;
        return;
    }
    const std::string path = path_of(hash);
    const std::int64_t size = size_of(path);
    if (::unlink(path.c_str()) == 0) give_back(size);
}

std::vector<std::string> object_directory::scan() {
    std::vector<std::string> hashes;
    for (const auto& directory : fs::directory_iterator(objects_)) {
        if (!directory.is_directory()) continue;
        for (const auto& object : fs::directory_iterator(directory.path())) {
            hashes.push_back(directory.path().filename().string() +
                             object.path().filename().string());
            bytes_ += static_cast<std::int64_t>(object.file_size());
        }
    }
    return hashes;
}

std::string object_directory::path_of(std::string_view hash) const {
    std::string path = objects_ + "/";
    path.append(hash.substr(0, 2)).append("/").append(hash.substr(2));
    return path;
}

}  // namespace sockeye::hub
