// For tests and fuzzers: what a server machine makes of some bytes, as text that can be compared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sockeye/protocols/http1/server_machine.hpp"

namespace sockeye::http1 {

// Feeds pieces to a machine and answers each request with "ok" once it is over. Each request is one
// line: `GET /path body trailer=value`; a refusal is `400 what`, and ends it.
class server_transcript {
  public:
    explicit server_transcript(const server_limits& limits = {}) : machine(limits) {}

    // False once the machine takes no more.
    bool feed(std::string_view bytes) {
        if (!takes_more_) return false;
        machine.receive(bytes);
        return read_events();
    }
    void end() {
        machine.receive_end();
        if (takes_more_) read_events();
    }

    static std::string whole(std::string_view bytes, const server_limits& limits = {}) {
        return in_pieces(bytes, bytes.size() + 1, limits);
    }
    static std::string in_pieces(std::string_view bytes, std::size_t size,
                                 const server_limits& limits = {}) {
        server_transcript transcript(limits);
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            // A copy of its own, so that a view that outlives its bytes is found.
            std::string piece(bytes.substr(at, size));
            if (!transcript.feed(piece)) break;
        }
        return transcript.text;
    }

    // All that was queued; the queue is empty then.
    std::string sent() {
        std::string bytes;
        for (bytes_view segment : machine.data_to_send()) bytes += segment.text();
        machine.consumed(bytes.size());
        return bytes;
    }

    server machine;
    std::string text;
    http::date now{};

  private:
    bool read_events() {
        for (;;) {
            auto event = machine.next_event();
            if (!event) {
                text += std::to_string(event.error().status) + ' ' + event.error().what + '\n';
                machine.send_error(event.error(), now);
                return takes_more_ = false;
            }
            switch (event->kind) {
                case server::kind::need_more_data:
                    return true;
                case server::kind::request:
                    text += std::string(machine.request().method_text) + ' ';
                    text += machine.request().target;
                    text += ' ';
                    break;
                case server::kind::data:
                    text += event->data.text();
                    break;
                case server::kind::end:
                    for (http::header field : machine.trailers())
                        text.append(" ").append(field.name).append("=").append(field.value);
                    text += '\n';
                    break;
                case server::kind::paused:
                    if (machine.waiting_for() == waiting_for::response)
                        (void)machine.respond({}, bytes_view("ok"), now);
                    else
                        sent();
                    break;
                default:
                    return takes_more_ = false;
            }
        }
    }

    bool takes_more_ = true;
};

}  // namespace sockeye::http1
