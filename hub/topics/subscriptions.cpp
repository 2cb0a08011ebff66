#include "hub/topics/subscriptions.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "hub/topics/text_hash.hpp"

namespace sockeye::hub {
namespace {

// Sorted: a thousand subscribers of one filter are inserted and erased by binary search.
using subscriber_list = std::vector<subscriber_id>;

bool insert_sorted(subscriber_list& list, subscriber_id subscriber) {
    const auto place = std::ranges::lower_bound(list, subscriber);
    if (place != list.end() && *place == subscriber) return false;
    list.insert(place, subscriber);
    return true;
}

bool erase_sorted(subscriber_list& list, subscriber_id subscriber) {
    const auto place = std::ranges::lower_bound(list, subscriber);
    if (place == list.end() || *place != subscriber) return false;
    list.erase(place);
    return true;
}

}  // namespace

// One level of the filters that share the levels before it.
struct subscriptions::node {
    std::unordered_map<std::string, std::unique_ptr<node>, text_hash, std::equal_to<>> named;
    std::unique_ptr<node> any;  // `+`
    subscriber_list here;       // the filter ends at this level
    subscriber_list below;      // the filter goes on with `#`

    bool is_unused() const noexcept {
        return named.empty() && !any && here.empty() && below.empty();
    }

    node& child(std::string_view level) {
        if (level == "+") {
            if (!any) any = std::make_unique<node>();
            return *any;
        }
        const auto found = named.find(level);
        if (found != named.end()) return *found->second;
        return *named.emplace(level, std::make_unique<node>()).first->second;
    }

    node* existing_child(std::string_view level) const noexcept {
        if (level == "+") return any.get();
        const auto found = named.find(level);
        return found == named.end() ? nullptr : found->second.get();
    }

    void drop_child(std::string_view level) {
        if (level == "+")
            any.reset();
        else
            named.erase(named.find(level));
    }

    // The list in which a filter stands whose levels from here on are `filter`.
    subscriber_list& list_of(std::string_view filter) {
        if (filter == "#") return below;
        const std::size_t slash = filter.find('/');
        node& next = child(filter.substr(0, slash));
        return slash == std::string_view::npos ? next.here : next.list_of(filter.substr(slash + 1));
    }

    // Erases, and drops the nodes that nobody needs any more.
    bool erase(std::string_view filter, subscriber_id subscriber) {
        if (filter == "#") return erase_sorted(below, subscriber);
        const std::size_t slash = filter.find('/');
        const std::string_view level = filter.substr(0, slash);
        node* next = existing_child(level);
        if (!next) return false;
        const bool erased = slash == std::string_view::npos
                                ? erase_sorted(next->here, subscriber)
                                : next->erase(filter.substr(slash + 1), subscriber);
        if (next->is_unused()) drop_child(level);
        return erased;
    }

    // Depth is bounded by max_topic_levels.
    void visit(std::string_view topic, void* context, visitor call) const {
        if (!below.empty()) call(context, below);
        const std::size_t slash = topic.find('/');
        const std::string_view level = topic.substr(0, slash);
        if (!named.empty())
            if (const auto found = named.find(level); found != named.end())
                found->second->visit_rest(topic, slash, context, call);
        if (any) any->visit_rest(topic, slash, context, call);
    }

    // This node stands for the level that ends at `slash`, or at the topic's end.
    void visit_rest(std::string_view topic, std::size_t slash, void* context, visitor call) const {
        if (slash != std::string_view::npos) return visit(topic.substr(slash + 1), context, call);
        if (!here.empty()) call(context, here);
        if (!below.empty()) call(context, below);
    }
};

subscriptions::subscriptions() : root_(std::make_unique<node>()) {}
subscriptions::~subscriptions() = default;

bool subscriptions::insert(std::string_view filter, subscriber_id subscriber) {
    if (!insert_sorted(root_->list_of(filter), subscriber)) return false;
    ++size_;
    return true;
}

bool subscriptions::erase(std::string_view filter, subscriber_id subscriber) {
    if (!root_->erase(filter, subscriber)) return false;
    --size_;
    return true;
}

void subscriptions::visit(std::string_view topic, void* context, visitor call) const {
    if (!topic.starts_with('$')) return root_->visit(topic, context, call);
    // Wildcards at the first level do not select these.
    const std::size_t slash = topic.find('/');
    if (const node* first = root_->existing_child(topic.substr(0, slash)))
        first->visit_rest(topic, slash, context, call);
}

}  // namespace sockeye::hub
