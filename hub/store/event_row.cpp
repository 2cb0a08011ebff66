#include "hub/store/event_row.hpp"

#include <string>

namespace sockeye::hub {
void bind_event(statement& insert, const event& what, std::int64_t topic_id, std::string_view key) {
    insert.bind(1, what.id).bind(2, topic_id).bind(3, milliseconds(what.time));
    what.expires ? insert.bind(4, milliseconds(*what.expires)) : insert.bind_null(4);
    insert.bind(5, static_cast<std::int64_t>(what.retained));
    insert.bind(6, what.content_type).bind(7, what.sender);
    key.empty() ? insert.bind_null(8) : insert.bind(8, key);
    if (const auto& file = what.file) {
        insert.bind(9, file->path).bind(10, file->hash);
        insert.bind(11, static_cast<std::int64_t>(file->size));
        insert.bind(12, static_cast<std::int64_t>(file->kind));
    } else {
        for (int column = 9; column <= 12; ++column) insert.bind_null(column);
    }
    insert.bind_bytes(13, what.payload);
}

shared_event read_event(const statement& row) {
    auto what = std::make_shared<event>();
    what->id = row.integer(0);
    what->topic = row.text(1);
    what->time = time_at(row.integer(2));
    if (!row.is_null(3)) what->expires = time_at(row.integer(3));
    what->retained = static_cast<retain>(row.integer(4));
    what->content_type = row.text(5);
    what->sender = row.text(6);
    if (!row.is_null(7))
        what->file = file_reference{std::string(row.text(7)), std::string(row.text(8)),
                                    static_cast<std::uint64_t>(row.integer(9)),
                                    static_cast<file_reference::change>(row.integer(10))};
    what->payload = shared_bytes(row.bytes(11));
    return what;
}

}  // namespace sockeye::hub
