#include "hub/store/publication_check.hpp"

#include <string>
#include <utility>

#include "hub/topics/topic.hpp"

namespace sockeye::hub {
namespace {

constexpr std::size_t max_key_bytes = 255;
constexpr std::size_t max_text_bytes = 1024;  // content type and sender

std::unexpected<store_failure> invalid(std::string reason) {
    return std::unexpected(store_failure{store_status::invalid, std::move(reason)});
}

std::expected<void, store_failure> check_size(std::string_view text, std::size_t most,
                                              const char* noun) {
    if (text.size() <= most) return {};
    return invalid(std::string("the ") + noun + " is longer than " + std::to_string(most) +
                   " bytes");
}

std::expected<void, store_failure> check_texts(std::string_view content_type,
                                               std::string_view sender, std::string_view key) {
    if (auto ok = check_size(content_type, max_text_bytes, "content type"); !ok) return ok;
    if (auto ok = check_size(sender, max_text_bytes, "sender"); !ok) return ok;
    return check_size(key, max_key_bytes, "idempotency key");
}

}  // namespace

std::expected<void, store_failure> check_publication(const publication& what,
                                                     std::size_t max_payload_bytes) {
    if (auto ok = check_topic(what.topic); !ok) return invalid(std::move(ok.error()));
    if (what.lifetime && what.lifetime->count() < 0) return invalid("the lifetime is negative");
    if (what.payload.size() > max_payload_bytes)
        return std::unexpected(store_failure{
            store_status::too_large,
            "the payload is larger than " + std::to_string(max_payload_bytes) + " bytes"});
    return check_texts(what.content_type, what.sender, what.idempotency_key);
}

std::expected<void, store_failure> check_file_publication(const file_publication& what) {
    if (auto ok = check_file_path(what.path); !ok) return invalid(std::move(ok.error()));
    return check_texts(what.content_type, what.sender, what.idempotency_key);
}

}  // namespace sockeye::hub
