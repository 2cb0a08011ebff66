#include "sockeye/net/connection.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <limits>

namespace sockeye {

namespace {

constexpr std::size_t most_parts = 1024;
constexpr duration farewell = std::chrono::seconds(5);

}  // namespace

// --- output_queue

output_queue::batch_operation::batch_operation(output_queue& owner) noexcept
    : send_operation(
          [](operation& op) noexcept { static_cast<batch_operation&>(op).owner.batch_sent(); }),
      owner(owner) {}

output_queue::output_queue(connection& on) noexcept : connection_(on) {}

bool output_queue::push(shared_bytes bytes) {
    if (bytes.empty()) return failure_ == 0;
    if (failure_ || !make_room(bytes.size())) {
        ++dropped_;
        return false;
    }
    size_ += bytes.size();
    segments_.push(std::move(bytes));
    if (!is_sending_) loop::current().at_end_of_turn(*this);
    return true;
}

bool output_queue::make_room(std::size_t wanted) noexcept {
    if (size_ + wanted <= limit_) return true;
    switch (policy_) {
        case overflow::refuse:
            return false;
        case overflow::close:
            failure_ = ENOBUFS;
            connection_.under().shutdown(shutdown_how::both);
            return false;
        case overflow::drop_oldest:
            break;
    }
    // What is being sent cannot be taken back: half a message would follow.
    while (size_ + wanted > limit_ && segments_.size() > batch_.size()) {
        size_ -= segments_[batch_.size()].size();
        segments_.erase(batch_.size());
        ++dropped_;
    }
    return size_ + wanted <= limit_;
}

void output_queue::turn_ended() noexcept {
    if (!is_sending_ && !segments_.empty() && !failure_) send_next();
}

void output_queue::send_next() noexcept {
    while (!segments_.empty()) {
        batch_.clear();
        const std::size_t count = std::min(segments_.size(), most_parts);
        for (std::size_t i = 0; i < count; ++i) batch_.push_back(segments_[i].view());
        operation_.parts = batch_.data();
        operation_.count = static_cast<std::uint32_t>(batch_.size());
        is_sending_ = true;
        if (!connection_.under().send(operation_)) return;
        ended();
        if (failure_) break;
    }
    if (waiting_) {
        send_operation& op = *std::exchange(waiting_, nullptr);
        if (failure_) op.result = -failure_;
        if (failure_ || connection_.under().send(op)) op.on_complete(op);
    }
    connection_.output_ended();
}

// A batch has left, or failed.
void output_queue::ended() noexcept {
    is_sending_ = false;
    if (operation_.result < 0) failure_ = static_cast<int>(-operation_.result);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        size_ -= segments_.pop().size();
    }
    batch_.clear();
    if (failure_) {
        dropped_ += segments_.size();
        segments_.clear();
        size_ = 0;
    }
    connection_.touch();
}

void output_queue::batch_sent() noexcept {
    ended();
    send_next();
}

bool output_queue::start_when_empty(send_operation& op) noexcept {
    if (segments_.empty()) return false;
    waiting_ = &op;
    return true;
}

bool output_queue::forget(const send_operation& op) noexcept {
    if (waiting_ != &op) return false;
    waiting_ = nullptr;
    return true;
}

void output_queue::cancel() noexcept {
    if (is_sending_) connection_.under().cancel(operation_);
}

// --- connection

connection::~connection() {
    assert(!reading_ && !writing_);
    if (is_set()) loop::current().timers().cancel(*this);
}

connection::extras& connection::extra() {
    if (!extras_) extras_.reset(new extras(*this));
    return *extras_;
}

output_queue& connection::output() {
    return extra().output;
}

const output_queue* connection::output_if_any() const noexcept {
    return extras_ ? &extras_->output : nullptr;
}

void connection::end() noexcept {
    leave_list();
    if (!extras_ || extras_->output.is_empty() || extras_->output.failure()) {
        delete this;
        return;
    }
    is_orphan_ = true;
    loop& home = loop::current();
    home.background_started();
    home.timers().set(*this, home.now() + farewell);
}

void connection::output_ended() noexcept {
    if (!is_orphan_) return;
    loop::current().background_ended();
    delete this;
}

bool connection::start_recv(recv_operation& op) noexcept {
    is_used_ = true;
    if (extras_ && extras_->leftover) {
        op.data = std::move(extras_->leftover);
        op.result = static_cast<std::int64_t>(op.data.size());
        return true;
    }
    assert(!reading_);
    reading_ = &op;
    return under_.recv(op);
}

void connection::recv_ended() noexcept {
    reading_ = nullptr;
    touch();
}

bool connection::start_send(send_operation& op) noexcept {
    is_used_ = true;
    assert(!writing_);
    writing_ = &op;
    if (extras_) {
        if (const int failure = extras_->output.failure()) {
            op.result = -failure;
            return true;
        }
        if (extras_->output.start_when_empty(op)) return false;
    }
    return under_.send(op);
}

void connection::cancel_send(send_operation& op) noexcept {
    if (extras_ && extras_->output.forget(op)) {
        op.result = -ECANCELED;
        op.on_complete(op);
        return;
    }
    under_.cancel(op);
}

void connection::send_ended() noexcept {
    writing_ = nullptr;
    touch();
}

std::int64_t connection::explain(std::int64_t outcome) const noexcept {
    return outcome == -ECANCELED && is_idle_ ? -ETIMEDOUT : outcome;
}

void connection::push_back(buffer data) {
    extra().leftover = std::move(data);
}

void connection::set_idle_timeout(duration limit) noexcept {
    using std::chrono::milliseconds;
    const auto longest = milliseconds(std::numeric_limits<std::uint32_t>::max());
    const auto rounded = std::min(std::chrono::ceil<milliseconds>(limit), longest);
    idle_limit_ms_ = static_cast<std::uint32_t>(std::max<std::int64_t>(rounded.count(), 0));
    loop& home = loop::current();
    home.timers().cancel(*this);
    last_moved_ = home.now();
    if (idle_limit_ms_) home.timers().set(*this, last_moved_ + rounded);
}

void connection::timer_expired(timer& t) noexcept {
    static_cast<connection&>(t).idle_timer_expired();
}

// The timer is not moved with every byte: when it strikes, it looks how long nothing has moved.
void connection::idle_timer_expired() noexcept {
    if (is_orphan_) return extras_->output.cancel();
    loop& home = loop::current();
    const time_point due = last_moved_ + std::chrono::milliseconds(idle_limit_ms_);
    if (due > home.now()) return home.timers().set(*this, due);
    if (!reading_ && !writing_) {
        last_moved_ = home.now();
        return home.timers().set(*this, last_moved_ + std::chrono::milliseconds(idle_limit_ms_));
    }
    is_idle_ = true;
    if (writing_) cancel_send(*writing_);
    if (reading_) cancel_recv(*reading_);
}

}  // namespace sockeye
