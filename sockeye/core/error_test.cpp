#include "sockeye/core/error.hpp"

#include <cerrno>
#include <gtest/gtest.h>
#include <type_traits>

namespace sockeye {
namespace {

TEST(error, reads_like_a_sentence) {
    auto e = error::from_errno(ECONNREFUSED, "connect",
                               "db.local:5432 (tried [::1]:5432, 127.0.0.1:5432)");
    EXPECT_STREQ(e.what(),
                 "connect db.local:5432 (tried [::1]:5432, 127.0.0.1:5432): connection refused");
    EXPECT_EQ(e.operation(), "connect");
    EXPECT_EQ(e.peer(), "db.local:5432 (tried [::1]:5432, 127.0.0.1:5432)");
    EXPECT_EQ(e.code(), std::errc::connection_refused);
    EXPECT_STREQ(error::from_errno(EMFILE, "accept").what(), "accept: too many open files");
}

TEST(error, tells_a_timeout_a_cancellation_and_a_reset_apart) {
    auto kinds = [](std::error_code code) {
        error e(code, "recv");
        return std::string(e.is_timeout() ? "t" : "") + (e.is_cancelled() ? "c" : "") +
               (e.is_reset() ? "r" : "");
    };
    EXPECT_EQ(kinds({ETIMEDOUT, std::system_category()}), "t");
    EXPECT_EQ(kinds(std::make_error_code(std::errc::timed_out)), "t");
    EXPECT_EQ(kinds({ECANCELED, std::system_category()}), "c");
    EXPECT_EQ(kinds({ECONNRESET, std::system_category()}), "r");
    EXPECT_EQ(kinds({EPIPE, std::generic_category()}), "r");
    EXPECT_EQ(kinds({ECONNREFUSED, std::system_category()}), "");
}

TEST(error, reasons_are_in_words_that_fit_a_sentence) {
    EXPECT_EQ(reason_of({ETIMEDOUT, std::system_category()}), "timed out");
    EXPECT_EQ(reason_of({ECANCELED, std::system_category()}), "cancelled");
    EXPECT_EQ(reason_of({ENOENT, std::system_category()}), "no such file or directory");
}

TEST(error, shows_a_text_that_could_not_be_read) {
    auto e = error::from_parse({"port", "above 65535", 3}, "listen", "h\n:99999");
    EXPECT_EQ(e.code(), std::errc::invalid_argument);
    EXPECT_STREQ(e.what(),
                 "listen h\\x0a:99999 (bad port at byte 3: above 65535): invalid argument");
}

TEST(error, copies_without_throwing_and_is_a_system_error) {
    static_assert(std::is_nothrow_copy_constructible_v<error>);
    static_assert(std::is_nothrow_copy_assignable_v<error>);
    const char* text = nullptr;
    try {
        throw error::from_errno(EPIPE, "send", "[::1]:80");
    } catch (const std::system_error& e) {
        text = e.what();
        EXPECT_STREQ(text, "send [::1]:80: broken pipe");
    }
}

}  // namespace
}  // namespace sockeye
