#include "sockeye/net/connection.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
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

std::size_t output_queue::size_in_batch() const noexcept {
    std::size_t size = 0;
    for (const bytes_view part : batch_) size += part.size();
    return size;
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
    // What is being sent cannot be taken back: half a message would follow. Nor does anything go
    // for one that has no room even so.
    if (size_in_batch() + wanted > limit_) return false;
    while (size_ + wanted > limit_ && segments_.size() > batch_.size()) {
        size_ -= segments_[batch_.size()].size();
        segments_.erase(batch_.size());
        ++dropped_;
    }
    return true;
}

void output_queue::turn_ended() noexcept {
    if (is_cancelled_) {
        is_cancelled_ = false;
        if (!is_sending_ && !connection_.is_sending_directly())
            loop::current().at_end_of_turn(*this);
        send_operation& op = *std::exchange(waiting_, nullptr);
        op.result = -ECANCELED;
        op.on_complete(op);  // may end the connection
        return;
    }
    if (!is_sending_ && !connection_.is_sending_directly()) send_next();
}

void output_queue::send_next() noexcept {
    while (!segments_.empty() && !failure_) {
        batch_.clear();
        const std::size_t count = std::min(segments_.size(), most_parts);
        for (std::size_t i = 0; i < count; ++i) batch_.push_back(segments_[i].view());
        operation_.parts = batch_.data();
        operation_.count = static_cast<std::uint32_t>(batch_.size());
        is_sending_ = true;
        if (!connection_.under().send(operation_)) return;
        ended();
    }
    if (!waiting_) return connection_.output_ended();
    if (is_cancelled_) return;  // it ends at the end of this turn
    send_operation& op = *std::exchange(waiting_, nullptr);
    // Both may end the connection, and this queue with it.
    if (failure_) {
        op.result = -failure_;
        op.on_complete(op);
    } else if (connection_.send_directly(op)) {
        op.on_complete(op);
    }
}

// A batch has left, or failed.
void output_queue::ended() noexcept {
    is_sending_ = false;
    if (operation_.result < 0 && !failure_) failure_ = static_cast<int>(-operation_.result);
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

bool output_queue::cancel_waiting(const send_operation& op) noexcept {
    if (waiting_ != &op) return false;
    is_cancelled_ = true;
    loop::current().at_end_of_turn(*this);
    return true;
}

void output_queue::go_on() noexcept {
    if (!segments_.empty() && !is_sending_) loop::current().at_end_of_turn(*this);
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
    if (!extras_ || !extras_->output.is_busy()) {
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
    assert(!reading_);
    if (extras_) {
        if (extras_->leftover) {
            op.data = std::move(extras_->leftover);
            op.result = static_cast<std::int64_t>(op.data.size());
            return true;
        }
        if (const int failure = extras_->output.failure()) {
            op.result = -failure;
            return true;
        }
    }
    if (is_idle_) {
        op.result = -ETIMEDOUT;
        return true;
    }
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
    return send_directly(op);
}

bool connection::send_directly(send_operation& op) noexcept {
    // A flush has nothing to send; nothing is sent any more once the idle timeout has struck.
    if (op.count != 0 && !is_idle_) return under_.send(op);
    op.result = is_idle_ ? -ETIMEDOUT : 0;
    return true;
}

bool connection::is_sending_directly() const noexcept {
    return writing_ && !extras_->output.is_waiting(*writing_);
}

void connection::cancel_send(send_operation& op) noexcept {
    if (extras_ && extras_->output.cancel_waiting(op)) return;
    under_.cancel(op);
}

void connection::send_ended() noexcept {
    writing_ = nullptr;
    touch();
    if (extras_) extras_->output.go_on();
}

std::int64_t connection::explain(std::int64_t outcome) const noexcept {
    return outcome == -ECANCELED && is_idle_ ? -ETIMEDOUT : outcome;
}

std::int64_t connection::explain_recv(std::int64_t outcome) const noexcept {
    if (outcome == 0 && extras_ && extras_->output.failure()) return -extras_->output.failure();
    return explain(outcome);
}

void connection::push_back(buffer data) {
    buffer& leftover = extra().leftover;
    if (!leftover) {
        leftover = std::move(data).to_owned();
        return;
    }
    buffer both(data.size() + leftover.size());
    std::memcpy(both.data(), data.data(), data.size());
    std::memcpy(both.data() + data.size(), leftover.data(), leftover.size());
    leftover = std::move(both);
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
