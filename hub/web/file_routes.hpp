// /files/<path>: the file store over HTTP.
#pragma once

#include <string_view>

#include "sockeye/runtime/task.hpp"

namespace sockeye::hub {

class http_connection;

// A file, or a part of it (Range, If-Range), with its hash as a strong entity tag; conditional. It
// never runs as a page of the hub's: sandboxed, its type not guessed, and what could be active is
// an attachment. A path that ends in a slash (or is empty) is a directory: its listing as a page
// where Accept names text/html, else as JSON; `after=` is where the listing before ended (`next`).
task<> get_file(http_connection& on, std::string_view rest);

// Stores the body whole or not at all: 201, or 200 where there was a file, and {"id":...} once its
// content and its name are durable. If-Match and If-None-Match are held against what was there
// when the request came.
task<> put_file(http_connection& on, std::string_view rest);

// Removes the name: {"id":...} once that is durable.
task<> delete_file(http_connection& on, std::string_view rest);

}  // namespace sockeye::hub
