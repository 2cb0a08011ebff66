#include "sockeye/engine/simulated_engine.hpp"

#include <algorithm>
#include <cassert>
#include <poll.h>
#include <sys/socket.h>

#include "sockeye/engine/operation_kind.hpp"
#include "sockeye/engine/send_progress.hpp"
#include "sockeye/engine/simulated_file.hpp"
#include "sockeye/engine/simulated_network.hpp"

namespace sockeye {

namespace {

// The numbers of a process begin behind stdin, stdout and stderr.
constexpr std::size_t first_handle = 3;

// Which kind each operation is of.
constexpr operation_kind kind_for(const accept_operation&) {
    return operation_kind::accept;
}
constexpr operation_kind kind_for(const connect_operation&) {
    return operation_kind::connect;
}
constexpr operation_kind kind_for(const recv_operation&) {
    return operation_kind::recv;
}
constexpr operation_kind kind_for(const send_operation&) {
    return operation_kind::send;
}
constexpr operation_kind kind_for(const recv_from_operation&) {
    return operation_kind::recv_from;
}
constexpr operation_kind kind_for(const send_to_operation&) {
    return operation_kind::send_to;
}
constexpr operation_kind kind_for(const poll_operation&) {
    return operation_kind::poll;
}
constexpr operation_kind kind_for(const read_operation&) {
    return operation_kind::read;
}
constexpr operation_kind kind_for(const write_operation&) {
    return operation_kind::write;
}
constexpr operation_kind kind_for(const sync_operation&) {
    return operation_kind::sync;
}
constexpr operation_kind kind_for(const splice_operation&) {
    return operation_kind::splice;
}
constexpr operation_kind kind_for(const blocking_operation&) {
    return operation_kind::blocking;
}

operation_kind kind_of(const operation& op) {
    return static_cast<operation_kind>(op.kind);
}

bool erase_one(std::vector<operation*>& list, operation& op) {
    const auto found = std::find(list.begin(), list.end(), &op);
    if (found == list.end()) return false;
    list.erase(found);
    return true;
}

}  // namespace

void simulated_endpoint::changed() {
    if (owner) owner->changed(number);
}

simulated_engine::simulated_engine(simulation& world, host_id host, std::uint64_t seed)
    : world_(world),
      host_(host),
      random_(seed),
      slots_(first_handle),
      self_(std::make_shared<simulated_engine*>(this)) {}

simulated_engine::~simulated_engine() {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        slots_[i].waiting.clear();
        if (slots_[i].endpoint) close(static_cast<handle>(i));
    }
}

engine_counters simulated_engine::counters() const noexcept {
    engine_counters counters = counters_;
    counters.buffers_lent = space_.lent();
    counters.buffers_copied = space_.copied();
    return counters;
}

// --- handles

// The lowest free number, as the kernel gives: what mixes up an old handle and a new one shows.
handle simulated_engine::enroll(std::shared_ptr<simulated_endpoint> endpoint) {
    std::size_t number = first_handle;
    while (number < slots_.size() && slots_[number].endpoint) ++number;
    if (number == slots_.size()) slots_.emplace_back();
    endpoint->owner = this;
    endpoint->number = static_cast<handle>(number);
    slots_[number] = slot{std::move(endpoint), nullptr, {}, {}};
    ++counters_.sockets;
    return static_cast<handle>(number);
}

int simulated_engine::open_socket(family protocol, transport_kind kind) noexcept {
    if (protocol == family::unspecified) return -EAFNOSUPPORT;
    if (kind == transport_kind::datagram)
        return static_cast<int>(
            enroll(std::make_shared<simulated_datagram>(world_, host_, protocol, kind)));
    if (kind == transport_kind::stream)
        return static_cast<int>(
            enroll(std::make_shared<simulated_stream>(world_, host_, protocol)));
    return -EPROTONOSUPPORT;
}

handle simulated_engine::open_file() {
    auto file = std::make_shared<simulated_file>();
    const handle h = enroll(file);
    slot_of(h).file = std::move(file);
    return h;
}

simulated_engine::pipe_ends simulated_engine::open_pipe() {
    const auto [read, write] = open_pair();
    return {read, write};
}

simulated_engine::socket_pair simulated_engine::open_pair() {
    auto a = std::make_shared<simulated_stream>(world_, host_, family::unix_domain);
    auto b = std::make_shared<simulated_stream>(world_, host_, family::unix_domain);
    simulated_stream::join(*a, *b);
    const handle first = enroll(std::move(a));
    const handle second = enroll(std::move(b));
    return {first, second};
}

int simulated_engine::adopt(int) noexcept {
    return -EOPNOTSUPP;
}

int simulated_engine::detach(handle) noexcept {
    return -EOPNOTSUPP;
}

int simulated_engine::bind(handle h, const address& local) noexcept {
    return endpoint_of(h).bind(local);
}

int simulated_engine::listen(handle h, int backlog) noexcept {
    return endpoint_of(h).listen(backlog);
}

int simulated_engine::local_address(handle h, address& out) noexcept {
    return endpoint_of(h).local_address(out);
}

int simulated_engine::peer_address(handle h, address& out) noexcept {
    return endpoint_of(h).peer_address(out);
}

int simulated_engine::set_option(handle h, int level, int name, bytes_view value) noexcept {
    auto& options = slot_of(h).options;
    std::erase_if(options, [&](const option& o) { return o.level == level && o.name == name; });
    options.push_back({level, name, std::string(value.text())});
    return 0;
}

int simulated_engine::get_option(handle h, int level, int name, void* value,
                                 std::size_t size) noexcept {
    std::memset(value, 0, size);
    if (level == SOL_SOCKET && name == SO_ERROR) {
        const int error = endpoint_of(h).take_error();
        std::memcpy(value, &error, std::min(size, sizeof error));
        return 0;
    }
    for (const option& each : slot_of(h).options)
        if (each.level == level && each.name == name)
            std::memcpy(value, each.value.data(), std::min(size, each.value.size()));
    return 0;
}

int simulated_engine::shutdown(handle h, shutdown_how how) noexcept {
    return endpoint_of(h).shutdown(how);
}

void simulated_engine::close(handle h) noexcept {
    slot& closed = slot_of(h);
    assert(closed.endpoint && closed.waiting.empty());
    closed.endpoint->owner = nullptr;
    closed.endpoint->close();
    closed = slot{};
    --counters_.sockets;
}

// --- operations

template <class Operation>
void simulated_engine::begin(Operation& op, handle h) noexcept {
    op.target = h;
    op.kind = static_cast<std::uint8_t>(kind_for(op));
    ++counters_.operations;
}

// By chance an operation that can end at once does, or is reported later all the same: programs
// must be right either way.
bool simulated_engine::try_or_wait(operation& op) {
    const bool may_be_immediate = world_.chance().one_in(2);
    const std::int64_t result = attempt(op);
    if (result == -EAGAIN) {
        slot_of(op.target).waiting.push_back(&op);
        if (kind_of(op) == operation_kind::splice)
            slot_of(static_cast<splice_operation&>(op).to).waiting.push_back(&op);
        return false;
    }
    if (!may_be_immediate) {
        done(op, result);
        return false;
    }
    op.result = result;
    ++counters_.immediate;
    return true;
}

void simulated_engine::done(operation& op, std::int64_t result) {
    op.result = result;
    done_.push_back(&op);
}

void simulated_engine::later(operation& op, duration after, simulated_event what) {
    delayed_.push_back(&op);
    world_.schedule(world_.now() + after, host_, what,
                    [self = std::weak_ptr(self_), &op, generation = op.generation] {
                        const auto there = self.lock();
                        if (!there) return;
                        simulated_engine& here = **there;
                        const auto found =
                            std::find(here.delayed_.begin(), here.delayed_.end(), &op);
                        if (found == here.delayed_.end() || op.generation != generation) return;
                        here.delayed_.erase(found);
                        const bool is_work = kind_of(op) == operation_kind::blocking;
                        here.done(op, is_work ? op.result : here.attempt(op));
                    });
}

bool simulated_engine::on_disk(operation& op) {
    op.generation = static_cast<std::uint16_t>(counters_.operations);
    const auto longest = static_cast<std::uint64_t>(world_.options().disk_latency.count());
    later(op, duration(1 + world_.chance().below(longest + 1)), simulated_event::disk_done);
    return false;
}

void simulated_engine::changed(handle h) {
    const std::vector<operation*> waiting = slot_of(h).waiting;
    for (operation* op : waiting) retry(*op);
}

void simulated_engine::retry(operation& op) {
    const std::int64_t result = attempt(op);
    if (result == -EAGAIN) return;
    stop_waiting(op);
    done(op, result);
}

bool simulated_engine::stop_waiting(operation& op) {
    if (kind_of(op) == operation_kind::splice)
        erase_one(slot_of(static_cast<splice_operation&>(op).to).waiting, op);
    return erase_one(slot_of(op.target).waiting, op);
}

bool simulated_engine::accept(handle h, accept_operation& op) noexcept {
    begin(op, h);
    return try_or_wait(op);
}

bool simulated_engine::connect(handle h, connect_operation& op) noexcept {
    begin(op, h);
    const int result = endpoint_of(h).begin_connect(op.peer);
    if (result < 0 && result != -EINPROGRESS) {
        op.result = result;
        ++counters_.immediate;
        return true;
    }
    return try_or_wait(op);
}

bool simulated_engine::recv(handle h, recv_operation& op) noexcept {
    begin(op, h);
    return try_or_wait(op);
}

bool simulated_engine::send(handle h, send_operation& op) noexcept {
    begin(op, h);
    op.result = 0;
    op.part = 0;
    op.offset = 0;
    return try_or_wait(op);
}

bool simulated_engine::recv_from(handle h, recv_from_operation& op) noexcept {
    begin(op, h);
    return try_or_wait(op);
}

bool simulated_engine::send_to(handle h, send_to_operation& op) noexcept {
    begin(op, h);
    return try_or_wait(op);
}

bool simulated_engine::poll(handle h, poll_operation& op) noexcept {
    begin(op, h);
    return try_or_wait(op);
}

bool simulated_engine::read(handle h, read_operation& op) noexcept {
    begin(op, h);
    return slot_of(h).file ? on_disk(op) : try_or_wait(op);
}

bool simulated_engine::write(handle h, write_operation& op) noexcept {
    begin(op, h);
    return slot_of(h).file ? on_disk(op) : try_or_wait(op);
}

bool simulated_engine::sync(handle h, sync_operation& op) noexcept {
    begin(op, h);
    return on_disk(op);
}

bool simulated_engine::splice(handle from, splice_operation& op) noexcept {
    begin(op, from);
    return try_or_wait(op);
}

bool simulated_engine::blocking(blocking_operation& op) noexcept {
    begin(op, handle::none);
    op.generation = static_cast<std::uint16_t>(counters_.operations);
    op.result = op.work(op.context);
    later(op, op.cost, simulated_event::work_done);
    return false;
}

void simulated_engine::cancel(operation& op) noexcept {
    if (kind_of(op) == operation_kind::blocking) return;
    if (stop_waiting(op)) return done(op, -ECANCELED);
    // The disk may have begun with it already.
    const bool is_delayed = std::find(delayed_.begin(), delayed_.end(), &op) != delayed_.end();
    if (!is_delayed || !world_.chance().one_in(2)) return;
    erase_one(delayed_, op);
    done(op, -ECANCELED);
}

// --- one try

std::int64_t simulated_engine::attempt(operation& op) {
    switch (kind_of(op)) {
        case operation_kind::accept:
            return attempt_accept(static_cast<accept_operation&>(op));
        case operation_kind::connect:
            return endpoint_of(op.target).end_connect();
        case operation_kind::recv:
            return attempt_recv(static_cast<recv_operation&>(op));
        case operation_kind::send:
            return attempt_send(static_cast<send_operation&>(op));
        case operation_kind::recv_from: {
            auto& r = static_cast<recv_from_operation&>(op);
            return endpoint_of(op.target).receive_datagram(r.data, r.peer);
        }
        case operation_kind::send_to: {
            auto& s = static_cast<send_to_operation&>(op);
            return endpoint_of(op.target).send_datagram(s.data, s.peer);
        }
        case operation_kind::poll:
            return attempt_poll(static_cast<poll_operation&>(op));
        case operation_kind::read:
            return attempt_read(static_cast<read_operation&>(op));
        case operation_kind::write:
            return attempt_write(static_cast<write_operation&>(op));
        case operation_kind::sync:
            return slot_of(op.target).file ? 0 : -EINVAL;
        case operation_kind::splice:
            return attempt_splice(static_cast<splice_operation&>(op));
        case operation_kind::blocking:
            break;
    }
    return -EINVAL;
}

std::int64_t simulated_engine::attempt_accept(accept_operation& op) {
    std::shared_ptr<simulated_endpoint> accepted;
    const std::int64_t result = endpoint_of(op.target).accept(op.peer, accepted);
    return result < 0 ? result : static_cast<std::int64_t>(enroll(std::move(accepted)));
}

std::int64_t simulated_engine::attempt_recv(recv_operation& op) {
    const std::span<std::byte> space = space_.free_part();
    const std::int64_t result = endpoint_of(op.target).receive(space.data(), space.size());
    if (result > 0) op.data = space_.take(static_cast<std::size_t>(result));
    return result;
}

std::int64_t simulated_engine::attempt_send(send_operation& op) {
    simulated_endpoint& to = endpoint_of(op.target);
    if (to.has_messages()) {
        std::string message;
        for (std::size_t i = 0; i < op.count; ++i) message += op.parts[i].text();
        return to.send(message);
    }
    while (!advance(op, 0)) {
        const std::int64_t sent = to.send(current_part(op));
        if (sent < 0) return sent;
        op.result += sent;
        advance(op, static_cast<std::size_t>(sent));
    }
    return op.result;
}

std::int64_t simulated_engine::attempt_poll(poll_operation& op) {
    const int always = POLLERR | POLLHUP;
    const int ready = endpoint_of(op.target).readiness() & (op.events | always);
    return ready ? ready : -EAGAIN;
}

std::int64_t simulated_engine::attempt_read(read_operation& op) {
    slot& from = slot_of(op.target);
    if (from.file) return from.file->read(op.into, op.size, op.offset);
    return op.offset < 0 ? from.endpoint->receive(op.into, op.size) : -ESPIPE;
}

std::int64_t simulated_engine::attempt_write(write_operation& op) {
    slot& to = slot_of(op.target);
    if (to.file) return to.file->write(op.data, op.offset);
    return op.offset < 0 ? to.endpoint->send(op.data) : -ESPIPE;
}

// Both ends must be ready, and then one piece moves that surely fits.
std::int64_t simulated_engine::attempt_splice(splice_operation& op) {
    simulated_endpoint& from = endpoint_of(op.target);
    simulated_endpoint& to = endpoint_of(op.to);
    if (!(from.readiness() & POLLIN) || !(to.readiness() & POLLOUT)) return -EAGAIN;
    std::byte piece[4096];
    slot& source = slot_of(op.target);
    const std::size_t size = std::min({op.size, sizeof piece, to.room()});
    const std::int64_t got = source.file && op.from_offset >= 0
                                 ? source.file->read(piece, size, op.from_offset)
                                 : from.receive(piece, size);
    if (got <= 0) return got;
    bytes_view left(piece, static_cast<std::size_t>(got));
    slot& target = slot_of(op.to);
    if (target.file && op.to_offset >= 0) return target.file->write(left, op.to_offset);
    while (!left.empty()) {
        const std::int64_t put = to.send(left);
        if (put < 0) return put;
        left = left.without_first(static_cast<std::size_t>(put));
    }
    return got;
}

// --- running

void simulated_engine::run_once(time_point until, duration) noexcept {
    ++counters_.waits;
    const bool may_move_clock = world_.options().time == time_passes::by_waiting;
    while (may_move_clock && !has_completions() && world_.advance(until)) {
    }
    woken_ = false;
    std::vector<operation*> batch = std::exchange(done_, {});
    while (!batch.empty()) {
        const std::size_t chosen = world_.chance().below(batch.size());
        std::swap(batch[chosen], batch.back());
        operation& op = *batch.back();
        batch.pop_back();
        ++counters_.completions;
        const auto what = static_cast<std::uint64_t>(op.target) << 8 | op.kind;
        world_.note(host_, simulated_event::completion, what,
                    static_cast<std::uint64_t>(op.result));
        op.on_complete(op);
    }
}

}  // namespace sockeye
