// A directory's listing, for programs and for people.
#pragma once

#include <string>
#include <string_view>

#include "hub/store/files.hpp"

namespace sockeye::hub {

// {"path","entries":[{"type":"file","path","size","hash","content_type","time","id"},
// {"type":"directory","path"}]}, and "next" where there is more.
std::string listing_as_json(std::string_view directory, const file_listing& listing);

// A page without scripts. Names are text in it, never markup.
std::string listing_as_page(std::string_view directory, const file_listing& listing);

}  // namespace sockeye::hub
