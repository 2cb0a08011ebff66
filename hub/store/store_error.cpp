#include "hub/store/store_error.hpp"

#include <string>

namespace sockeye::hub {
namespace {

class store_category final : public std::error_category {
  public:
    const char* name() const noexcept override { return "store"; }
    std::string message(int code) const override {
        switch (static_cast<store_errc>(code)) {
            case store_errc::in_use:
                return "in use by another process";
            case store_errc::newer:
                return "the data were written by a newer program; upgrade it";
            case store_errc::not_a_store:
                return "the database belongs to another program";
        }
        return "unknown reason";
    }
};

}  // namespace

std::error_code make_error_code(store_errc code) noexcept {
    static const store_category instance;
    return {static_cast<int>(code), instance};
}

}  // namespace sockeye::hub
