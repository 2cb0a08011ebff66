// What a file store works with; shared with the store that owns it.
#pragma once

#include "hub/store/files.hpp"
#include "hub/store/object_directory.hpp"
#include "hub/store/read_pool.hpp"
#include "hub/store/writer.hpp"

namespace sockeye::hub {

struct file_store::parts {
    parts(object_directory& contents, read_pool& connections, writer& log)
        : objects(contents), readers(connections), writing(log) {}

    object_directory& objects;
    read_pool& readers;
    writer& writing;
};

}  // namespace sockeye::hub
