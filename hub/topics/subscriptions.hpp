// Who listens to what: a trie of topic filters, one for each loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>

namespace sockeye::hub {

// Chosen by the owner: an index, or the address of a subscriber.
using subscriber_id = std::uint64_t;

// Filters and their subscribers. One thread. Matching allocates nothing.
class subscriptions {
  public:
    subscriptions();
    ~subscriptions();
    subscriptions(const subscriptions&) = delete;
    subscriptions& operator=(const subscriptions&) = delete;

    // `filter` must be valid (check_filter). False when that pair is there already, or is not
    // there.
    bool insert(std::string_view filter, subscriber_id subscriber);
    bool erase(std::string_view filter, subscriber_id subscriber);

    // Calls `callback(subscriber_id)` for each pair whose filter selects the topic: a subscriber
    // with two filters that both do is called twice (event ids tell a double). `topic` must be
    // valid. The callback must not insert or erase.
    template <class Callback>
    void match(std::string_view topic, Callback&& callback) const {
        using function = std::remove_reference_t<Callback>;
        visit(topic, const_cast<void*>(static_cast<const void*>(&callback)),
              [](void* context, std::span<const subscriber_id> found) {
                  for (subscriber_id id : found) (*static_cast<function*>(context))(id);
              });
    }

    // Pairs of filter and subscriber.
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

  private:
    struct node;
    using visitor = void (*)(void* context, std::span<const subscriber_id> found);
    void visit(std::string_view topic, void* context, visitor call) const;

    std::unique_ptr<node> root_;
    std::size_t size_ = 0;
};

}  // namespace sockeye::hub
