// Publications of one loop on their way to the disk.
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "hub/store/publication.hpp"
#include "sockeye/runtime/fiber.hpp"
#include "sockeye/runtime/loop.hpp"

namespace sockeye::hub {

class commit_awaiter;

// How one publication ended, once it has.
struct commit_outcome {
    store_status status = store_status::failed;
    std::int64_t id = 0;
    std::string reason;
};

// Made with std::make_shared on its loop; all but `on_published` is for the loop's thread. It must
// be kept until the store is closed.
class commit_waits final : public publish_listener,
                           public std::enable_shared_from_this<commit_waits> {
    struct place;
    struct leaving {
        void operator()(place* left) const noexcept;
    };

  public:
    // One publication's place. It may go before the end has come; the publication goes on.
    class ticket {
      public:
        // What the store is given with the publication, beside these commit_waits.
        std::uint64_t token() const noexcept;
        // Nothing was queued: the store's listener will not be called.
        void refuse(store_failure why);
        bool has_ended() const noexcept;
        const commit_outcome& outcome() const noexcept;
        // `co_await ticket.end()`; throws `error` when cancelled.
        commit_awaiter end() const noexcept;

      private:
        friend class commit_waits;
        explicit ticket(place* at) noexcept : place_(at) {}
        std::unique_ptr<place, leaving> place_;
    };

    explicit commit_waits(loop& home) noexcept : home_(home) {}
    ticket open();

    // On the store's thread: hops to the loop once a batch.
    void on_published(std::span<const publish_result> results) noexcept override;

  private:
    friend class commit_awaiter;
    struct place {
        commit_waits* owner = nullptr;
        commit_awaiter* waiting = nullptr;
        commit_outcome outcome;
        bool has_ended = false;
        bool is_abandoned = false;
    };
    struct ended_publication {
        place* at;
        commit_outcome outcome;
    };

    void end(std::vector<ended_publication>& results) noexcept;
    void free(place& done) noexcept;

    loop& home_;
    std::deque<place> places_;  // they never move: a token is a place's address
    std::vector<place*> free_;
};

class [[nodiscard]] commit_awaiter final : public waiter {
  public:
    explicit commit_awaiter(commit_waits::place& at) noexcept : place_(at) {}

    bool await_ready() const noexcept { return place_.has_ended; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> coroutine) noexcept {
        return begin(coroutine, coroutine.promise().owner());
    }
    void await_resume() const;

    void cancel() noexcept override;
    std::string waits_for() const override { return "a commit"; }
    using waiter::resume_soon;

  private:
    bool begin(std::coroutine_handle<> coroutine, fiber& owner) noexcept;
    commit_waits::place& place_;
    int interruption_ = 0;
};

}  // namespace sockeye::hub
