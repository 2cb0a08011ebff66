// For tests and fuzzers: what a client machine makes of some bytes, as text that can be compared.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "sockeye/protocols/http1/client_machine.hpp"

namespace sockeye::http1 {

// Sends one request, and another with the same method after each response that leaves the
// connection open. Each response is one line: `200 body trailer=value`; a refusal is `502 what`.
class client_transcript {
  public:
    explicit client_transcript(std::string_view method, const client_limits& limits = {})
        : machine(limits), method_(method) {
        ask();
    }

    // False once the machine takes no more.
    bool feed(std::string_view bytes) {
        if (!takes_more_) return false;
        machine.receive(bytes);
        return read_events();
    }
    // The connection's end, which only matters within an exchange that has begun.
    void end() {
        if (!takes_more_ || (!text.empty() && text.ends_with('\n'))) return;
        machine.receive_end();
        read_events();
    }

    static std::string in_pieces(std::string_view method, std::string_view bytes, std::size_t size,
                                 const client_limits& limits = {}) {
        client_transcript transcript(method, limits);
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            std::string piece(bytes.substr(at, size));
            if (!transcript.feed(piece)) break;
        }
        transcript.end();
        return transcript.text;
    }

    client machine;
    std::string text;

  private:
    void ask() {
        (void)machine.send({.method = method_, .host = "h"});
        machine.consumed(machine.queued());
    }

    bool read_events() {
        for (;;) {
            auto event = machine.next_event();
            if (!event) {
                text += std::to_string(event.error().status) + ' ' + event.error().what + '\n';
                return takes_more_ = false;
            }
            switch (event->kind) {
                case client::kind::need_more_data:
                    return true;
                case client::kind::interim:
                case client::kind::response:
                    text += std::to_string(machine.response().status) + ' ';
                    break;
                case client::kind::data:
                    text += event->data.text();
                    break;
                case client::kind::end:
                    for (http::header field : machine.trailers())
                        text.append(" ").append(field.name).append("=").append(field.value);
                    text += '\n';
                    if (machine.can_send()) ask();
                    break;
                case client::kind::closed:
                    text += "closed\n";
                    return takes_more_ = false;
                case client::kind::switched:
                    return takes_more_ = false;
            }
        }
    }

    std::string method_;
    bool takes_more_ = true;
};

}  // namespace sockeye::http1
