// For tests: a directory that is there for one test.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sockeye::hub {

class test_directory {
  public:
    test_directory() {
        std::string name = (std::filesystem::temp_directory_path() / "sockeye-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    explicit test_directory(std::string path) : path_(std::move(path)) {}
    test_directory(const test_directory&) = delete;
    test_directory& operator=(const test_directory&) = delete;
    ~test_directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const noexcept { return path_; }
    // The data directory inside, which the store is to make.
    std::string data() const { return path_ + "/data"; }

  private:
    std::string path_;
};

}  // namespace sockeye::hub
