#include "hub/store/content_hash.hpp"

#include <cerrno>
#include <openssl/evp.h>

#include "sockeye/core/error.hpp"

namespace sockeye::hub {
namespace {

void check(int result) {
    if (result != 1) throw error::from_errno(ENOMEM, "hash");
}

}  // namespace

struct content_hash::state {
    state() : context(EVP_MD_CTX_new()) { check(context ? 1 : 0); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { EVP_MD_CTX_free(context); }

    EVP_MD_CTX* context;
};

content_hash::content_hash() : state_(std::make_unique<state>()) {
    check(EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr));
}
content_hash::content_hash(content_hash&&) noexcept = default;
content_hash& content_hash::operator=(content_hash&&) noexcept = default;
content_hash::~content_hash() = default;

void content_hash::add(bytes_view bytes) {
    check(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

std::string content_hash::finish() {
    static constexpr char digits[] = "0123456789abcdef";
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    check(EVP_DigestFinal_ex(state_->context, digest, &size));
    std::string text;
    for (unsigned int i = 0; i < size; ++i)
        text += {digits[digest[i] >> 4], digits[digest[i] & 15]};
    return text;
}

}  // namespace sockeye::hub
