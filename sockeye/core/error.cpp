#include "sockeye/core/error.hpp"

#include <cctype>
#include <utility>

#include "sockeye/core/escape.hpp"

namespace sockeye {
namespace {

std::string compose(const std::string& operation, const std::string& peer,
                    const std::string& reason) {
    std::string text = operation;
    if (!peer.empty()) text += " " + peer;
    return text + ": " + reason;
}

}  // namespace

std::string reason_of(std::error_code reason) {
    // The C library says "Connection timed out" for a timeout of anything.
    if (reason == std::errc::timed_out) return "timed out";
    if (reason == std::errc::operation_canceled) return "cancelled";
    std::string words = reason.message();
    // An abbreviation in front, as in "RPC ...", keeps its capitals.
    if (words.size() > 1 && std::islower(static_cast<unsigned char>(words[1])) != 0)
        words[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(words[0])));
    return words;
}

error::error(std::error_code reason, std::string operation, std::string peer)
    : std::system_error(reason) {
    std::string text = compose(operation, peer, reason_of(reason));
    sentence_ = std::make_shared<const sentence>(
        sentence{std::move(operation), std::move(peer), std::move(text)});
}

error error::from_errno(int errno_value, std::string operation, std::string peer) {
    return {std::error_code(errno_value, std::system_category()), std::move(operation),
            std::move(peer)};
}

error error::from_parse(const parse_error& why, std::string operation, std::string_view text) {
    return {std::make_error_code(std::errc::invalid_argument), std::move(operation),
            escape(text) + " (" + why.to_string() + ")"};
}

const std::string& error::operation() const noexcept {
    return sentence_->operation;
}
const std::string& error::peer() const noexcept {
    return sentence_->peer;
}
const char* error::what() const noexcept {
    return sentence_->text.c_str();
}

bool error::is_timeout() const noexcept {
    return code() == std::errc::timed_out;
}
bool error::is_cancelled() const noexcept {
    return code() == std::errc::operation_canceled;
}
bool error::is_reset() const noexcept {
    return code() == std::errc::connection_reset || code() == std::errc::broken_pipe;
}

}  // namespace sockeye
