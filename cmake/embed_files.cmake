# cmake -DFOLDER=... -DOUTPUT=... -DFILES=a;b -P embed_files.cmake
#
# Writes FILES (inside FOLDER) as the table that hub/embedded_files.hpp declares.
set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS FILES)
    file(RELATIVE_PATH path "${FOLDER}" "${file}")
    string(REGEX MATCH "[a-z]+$" extension "${path}")
    file(READ "${file}" hex HEX)
    string(LENGTH "${hex}" length)
    math(EXPR length "${length} / 2")
    string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," hex "${hex}")
    # The zero at the end is not counted; it keeps an empty file a legal array.
    string(APPEND arrays "constexpr unsigned char file_${number}[] = {\n${hex}0x00};\n")
    string(APPEND rows
           "    {\"${path}\", \"${type_${extension}}\", as_text(file_${number}, ${length})},\n")
    math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "// Made from the files in web/ by cmake/embed_files.cmake.
#include \"hub/embedded_files.hpp\"

#include <array>

namespace sockeye::hub {
namespace {
[[maybe_unused]] std::string_view as_text(const unsigned char* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}
${arrays}}  // namespace

std::span<const embedded_file> embedded_files() {
    static const std::array<embedded_file, ${number}> files{{
${rows}    }};
    return files;
}
}  // namespace sockeye::hub
")
