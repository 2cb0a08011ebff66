#include "sockeye/net/stream.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "sockeye/core/error.hpp"
#include "sockeye/net/connection.hpp"
#include "sockeye/net/socket_transport.hpp"

namespace sockeye {

namespace {

struct socket_connection final : connection {
    socket_connection(engine& on, handle h, const address& peer) noexcept
        : connection(socket, peer), socket(on, h) {}
    socket_transport socket;
};

struct layered_connection final : connection {
    layered_connection(std::unique_ptr<transport> below, const address& peer) noexcept
        : connection(*below, peer), owned(std::move(below)) {}
    std::unique_ptr<transport> owned;
};

std::string from(const connection& on) {
    return "from " + on.peer().to_string();
}
std::string to(const connection& on) {
    return "to " + on.peer().to_string();
}

// How many bytes of `data`, which follows `seen`, there are up to the end of the first mark.
std::size_t end_of_mark(std::string_view seen, std::string_view data, std::string_view mark) {
    // It may have begun in what was seen before.
    const std::size_t most = mark.size() - 1;
    const std::size_t overlap = std::min(seen.size(), most);
    std::string border(seen.substr(seen.size() - overlap));
    border += data.substr(0, most);
    if (const std::size_t at = border.find(mark); at != std::string::npos)
        return at + mark.size() - overlap;
    const std::size_t at = data.find(mark);
    return at == std::string::npos ? at : at + mark.size();
}

error ended_early(const connection& on, const std::string& wanted, std::size_t got) {
    return error(std::make_error_code(std::errc::connection_aborted),
                 wanted + ", " + std::to_string(got) + " bytes so far", from(on));
}

}  // namespace

// --- awaiters

bool recv_awaiter::start() {
    return connection_.start_recv(*this);
}
void recv_awaiter::cancel() noexcept {
    connection_.cancel_recv(*this);
}
std::string recv_awaiter::waits_for() const {
    return "recv " + from(connection_);
}

buffer recv_awaiter::await_resume() {
    connection_.recv_ended();
    std::int64_t outcome = connection_.explain_recv(this->outcome());
    // Whoever is cancelled takes nothing with it, as the loser of a race.
    if (outcome > 0 && fiber_->interruption() == ECANCELED) {
        connection_.push_back(std::move(data));
        outcome = -ECANCELED;
    }
    if (outcome < 0) check(outcome, "recv", from(connection_));
    return std::move(data);
}

bool send_awaiter::start() {
    if (!count && single_.size()) {
        parts = &single_;
        count = 1;
    }
    return connection_.start_send(*this);
}
void send_awaiter::cancel() noexcept {
    connection_.cancel_send(*this);
}
std::string send_awaiter::waits_for() const {
    return "send " + to(connection_);
}

void send_awaiter::await_resume() {
    connection_.send_ended();
    const std::int64_t outcome = connection_.explain(this->outcome());
    if (outcome < 0) check(outcome, "send", to(connection_));
}

// --- stream

void stream::ending::operator()(connection* ended) const noexcept {
    ended->end();
}

stream::stream(std::unique_ptr<connection> on) noexcept : connection_(on.release()) {}

stream::stream(std::unique_ptr<transport> under, const address& peer)
    : connection_(new layered_connection(std::move(under), peer)) {}

stream::~stream() = default;
stream& stream::operator=(stream&& other) noexcept = default;

stream make_stream(engine& on, handle socket, const address& peer) {
    return stream(std::make_unique<socket_connection>(on, socket, peer));
}

stream stream::adopt(unique_fd fd) {
    engine& on = loop::current().engine();
    const int result = on.adopt(fd.get());
    check(result, "adopt a socket");
    const auto h = static_cast<handle>(fd.release());
    address peer;
    // A pipe or a terminal has no peer, and works all the same.
    on.peer_address(h, peer);
    return make_stream(on, h, peer);
}

task<buffer> stream::recv_exactly(std::size_t size) {
    buffer whole(size);
    std::size_t filled = 0;
    try {
        while (filled < size) {
            buffer data = co_await recv();
            if (!data)
                throw ended_early(*connection_, "recv " + std::to_string(size) + " bytes", filled);
            const std::size_t taken = std::min(data.size(), size - filled);
            std::memcpy(whole.data() + filled, data.data(), taken);
            filled += taken;
            data.remove_prefix(taken);
            if (data) connection_->push_back(std::move(data));
        }
    } catch (...) {
        whole.truncate(filled);
        connection_->push_back(std::move(whole));
        throw;
    }
    co_return whole;
}

task<buffer> stream::recv_until(std::string mark, std::size_t limit) {
    assert(!mark.empty());
    std::string seen;
    try {
        for (;;) {
            buffer data = co_await recv();
            if (!data && seen.empty()) co_return buffer();
            if (!data) throw ended_early(*connection_, "recv a line", seen.size());
            const std::size_t end = end_of_mark(seen, data.text(), mark);
            if (end != std::string::npos && seen.size() + end <= limit) {
                seen.append(data.text().substr(0, end));
                data.remove_prefix(end);
                if (data) connection_->push_back(std::move(data));
                co_return buffer::copy_of(seen);
            }
            seen.append(data.text());
            if (end != std::string::npos || seen.size() >= limit)
                throw error(std::make_error_code(std::errc::message_size),
                            "recv a line of at most " + std::to_string(limit) + " bytes",
                            from(*connection_));
        }
    } catch (...) {
        connection_->push_back(buffer::copy_of(seen));
        throw;
    }
}

bool stream::write(shared_bytes bytes) {
    return connection_->output().push(std::move(bytes));
}

void stream::limit_output(std::size_t limit, overflow policy) {
    connection_->output().limit(limit, policy);
}

std::size_t stream::queued() const noexcept {
    const output_queue* output = connection_->output_if_any();
    return output ? output->size() : 0;
}

std::uint64_t stream::dropped() const noexcept {
    const output_queue* output = connection_->output_if_any();
    return output ? output->dropped() : 0;
}

void stream::shutdown(shutdown_how how) {
    const int result = connection_->under().shutdown(how);
    if (result < 0) check(result, "shutdown", connection_->peer().to_string());
}

task<> stream::close() {
    co_await flush();
    connection_.reset();
}

void stream::set_idle_timeout(duration limit) {
    connection_->set_idle_timeout(limit);
}
const address& stream::peer() const noexcept {
    return connection_->peer();
}
transport& stream::under() const noexcept {
    return connection_->under();
}

address stream::local() const {
    address local;
    const int result = connection_->under().local_address(local);
    if (result < 0) check(result, "getsockname", connection_->peer().to_string());
    return local;
}

unique_fd stream::release() {
    auto* socket = dynamic_cast<socket_transport*>(&connection_->under());
    const int fd = socket && !connection_->is_used() ? socket->detach() : -EBUSY;
    if (fd < 0) check(fd, "release a connection", connection_->peer().to_string());
    connection_.reset();
    return unique_fd(fd);
}

// --- lists

void connection_link::insert_before(connection_link& other) noexcept {
    leave_list();
    next_ = &other;
    previous_ = other.previous_;
    previous_->next_ = this;
    other.previous_ = this;
}

void connection_link::leave_list() noexcept {
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = this;
}

void connection_list::add(stream& s) noexcept {
    s.connection_->insert_before(head_);
}

void connection_list::end_receiving() noexcept {
    for (connection_link* link = head_.next(); link != &head_; link = link->next()) {
        // One that has been reset meanwhile needs no telling.
        static_cast<connection*>(link)->under().shutdown(shutdown_how::receiving);
    }
}

}  // namespace sockeye
