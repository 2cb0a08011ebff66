#include "hub/web/commit_waits.hpp"

#include <utility>

#include "sockeye/core/error.hpp"

namespace sockeye::hub {

std::uint64_t commit_waits::ticket::token() const noexcept {
    return reinterpret_cast<std::uintptr_t>(place_.get());
}

void commit_waits::ticket::refuse(store_failure why) {
    place_->has_ended = true;
    place_->outcome = {why.status, 0, std::move(why.reason)};
}

bool commit_waits::ticket::has_ended() const noexcept {
    return place_->has_ended;
}

const commit_outcome& commit_waits::ticket::outcome() const noexcept {
    return place_->outcome;
}

commit_awaiter commit_waits::ticket::end() const noexcept {
    return commit_awaiter(*place_);
}

void commit_waits::leaving::operator()(place* left) const noexcept {
    if (left->has_ended)
        left->owner->free(*left);
    else
        left->is_abandoned = true;  // the store still holds the token
}

commit_waits::ticket commit_waits::open() {
    if (free_.empty()) {
        free_.reserve(places_.size() + 1);
        places_.emplace_back().owner = this;
        return ticket(&places_.back());
    }
    place* at = free_.back();
    free_.pop_back();
    return ticket(at);
}

void commit_waits::free(place& done) noexcept {
    done.outcome.reason.clear();
    done.has_ended = done.is_abandoned = false;
    free_.push_back(&done);  // room was reserved for every place
}

void commit_waits::on_published(std::span<const publish_result> results) noexcept {
    std::vector<ended_publication> copies;
    copies.reserve(results.size());
    for (const publish_result& each : results) {
        auto* at = reinterpret_cast<place*>(static_cast<std::uintptr_t>(each.token));
        copies.push_back({at, {each.status, each.id, std::string(each.reason)}});
    }
    home_.post([self = shared_from_this(), copies = std::move(copies)]() mutable noexcept {
        self->end(copies);
    });
}

void commit_waits::end(std::vector<ended_publication>& results) noexcept {
    for (ended_publication& each : results) {
        place& at = *each.at;
        if (at.is_abandoned) {
            free(at);
            continue;
        }
        at.outcome = std::move(each.outcome);
        at.has_ended = true;
        if (at.waiting) std::exchange(at.waiting, nullptr)->resume_soon();
    }
}

bool commit_awaiter::begin(std::coroutine_handle<> coroutine, fiber& owner) noexcept {
    interruption_ = owner.interruption();
    if (interruption_) return false;
    place_.waiting = this;
    suspend(coroutine, owner);
    return true;
}

void commit_awaiter::cancel() noexcept {
    place_.waiting = nullptr;
    interruption_ = fiber_->interruption();
    resume_soon();
}

void commit_awaiter::await_resume() const {
    if (interruption_) throw error::from_errno(interruption_, "wait for a commit");
}

}  // namespace sockeye::hub
