#include "hub/web/query.hpp"

#include <utility>

#include "sockeye/core/percent.hpp"

namespace sockeye::hub {

std::expected<std::vector<std::string>, std::string> parameters(std::string_view query,
                                                                std::string_view name) {
    std::vector<std::string> values;
    while (!query.empty()) {
        const std::size_t end = query.find('&');
        const std::string_view pair = query.substr(0, end);
        query.remove_prefix(end == query.npos ? query.size() : end + 1);
        const std::size_t equals = pair.find('=');
        if (pair.substr(0, equals) != name) continue;
        const std::string_view text = equals == pair.npos ? "" : pair.substr(equals + 1);
        auto value = percent_decode(text);
        if (!value)
            return std::unexpected("the parameter `" + std::string(name) +
                                   "` is badly percent-encoded");
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace sockeye::hub
