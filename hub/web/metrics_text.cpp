#include "hub/web/metrics_text.hpp"

#include <cstdint>
#include <string_view>

namespace sockeye::hub {
namespace {

class metrics_writer {
  public:
    explicit metrics_writer(std::string& out) : out_(out) {}

    template <class Number>
    void total(std::string_view name, std::string_view help, Number value) {
        write(name, help, "counter", std::to_string(value));
    }
    template <class Number>
    void gauge(std::string_view name, std::string_view help, Number value) {
        write(name, help, "gauge", std::to_string(value));
    }

  private:
    void write(std::string_view name, std::string_view help, std::string_view type,
               const std::string& value) {
        out_.append("# HELP sockeye_").append(name).append(" ").append(help);
        out_.append("\n# TYPE sockeye_").append(name).append(" ").append(type);
        out_.append("\nsockeye_").append(name).append(" ").append(value).append("\n");
    }
    std::string& out_;
};

std::uint64_t sum_of(const web_shared& shared, counter web_counters::* which) {
    std::uint64_t sum = 0;
    for (const auto& each : shared.fronts) sum += (each->counters().*which).value();
    return sum;
}

}  // namespace

void append_store_metrics(std::string& out, const store_counters& counters) {
    metrics_writer write(out);
    write.total("events_stored_total", "Events that are durable.", counters.events);
    write.total("commits_total", "Transactions of the log.", counters.batches);
    write.total("events_repeated_total", "Publications answered by their idempotency key.",
                counters.repeated);
    write.total("publications_overloaded_total", "Publications refused by a full queue.",
                counters.overloaded);
    write.total("publications_no_space_total", "Publications refused by a full disk or quota.",
                counters.no_space);
    write.total("events_pruned_total", "Events that retention removed.", counters.pruned);
    write.total("checkpoints_total", "Checkpoints of the log.", counters.checkpoints);
    write.gauge("last_event_id", "The newest event's id.", counters.last_id);
    write.gauge("pruned_up_to_id", "Events up to this id are pruned.", counters.pruned_up_to);
    write.gauge("log_bytes", "Size of the log on the disk.", counters.log_bytes);
    write.gauge("files_bytes", "Size of the files on the disk.", counters.file_bytes);
    write.gauge("publications_queued", "Publications that wait for the disk.", counters.queued);
    write.gauge("store_failed", "1 once the disk has failed: reads only.", counters.failed ? 1 : 0);
}

void append_web_metrics(std::string& out, const web_shared& shared) {
    metrics_writer write(out);
    const auto sum = [&shared](counter web_counters::* which) { return sum_of(shared, which); };
    write.total("http_requests_total", "Requests.", sum(&web_counters::requests));
    write.total("http_refused_total", "Requests that were no HTTP/1.1, too large or too slow.",
                sum(&web_counters::refused));
    write.total("http_forbidden_total", "Requests with a wrong Host or Origin.",
                sum(&web_counters::forbidden));
    write.total("http_received_bytes_total", "Bytes of requests.",
                sum(&web_counters::received_bytes));
    write.total("http_connections_total", "Connections accepted.", sum(&web_counters::connections));
    write.gauge("http_connections", "Connections open.", sum(&web_counters::open));
    write.gauge("sse_readers", "Event streams open.", sum(&web_counters::readers));
    write.total("sse_delivered_total", "Events handed to event streams live.",
                sum(&web_counters::delivered));
    write.total("sse_behind_total", "Times a slow event stream was sent back to the log.",
                sum(&web_counters::readers_behind));
    write.total("sse_dropped_total",
                "Events not kept for slow event streams, which read them from the log.",
                sum(&web_counters::not_delivered));
}

void append_loop_metrics(std::string& out, const loop_counters& counters) {
    metrics_writer write(out);
    write.total("loop_turns_total", "Turns of the event loops.", counters.turns);
    write.total("loop_resumptions_total", "Resumptions of coroutines.", counters.resumptions);
    write.total("loop_posted_total", "Functions from other threads.", counters.posted);
    write.gauge("loop_tasks", "Tasks alive.", counters.tasks);
    write.gauge("loop_timers", "Timers set.", counters.timers);
    write.total("engine_operations_total", "Operations started.", counters.engine.operations);
    write.total("engine_waits_total", "Waits in the kernel.", counters.engine.waits);
    write.total("engine_buffers_exhausted_total", "Receives that found no buffer.",
                counters.engine.buffers_exhausted);
    write.gauge("engine_sockets", "Handles open.", counters.engine.sockets);
}

}  // namespace sockeye::hub
