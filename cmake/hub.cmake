# The hub's library and the binary that holds it and every other tool.
find_package(SQLite3 REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)

# The pages are part of the binary: one file to copy, and nothing to find at run time.
file(GLOB_RECURSE web_files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/web/*.html
     ${CMAKE_CURRENT_SOURCE_DIR}/web/*.css ${CMAKE_CURRENT_SOURCE_DIR}/web/*.js
     ${CMAKE_CURRENT_SOURCE_DIR}/web/*.svg)
list(FILTER web_files EXCLUDE REGEX "/node_modules/")
set(embedded_source ${CMAKE_CURRENT_BINARY_DIR}/generated/embedded_files.cpp)
add_custom_command(
    OUTPUT ${embedded_source}
    COMMAND ${CMAKE_COMMAND} -DFOLDER=${CMAKE_CURRENT_SOURCE_DIR}/web -DOUTPUT=${embedded_source}
            "-DFILES=${web_files}" -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_files.cmake
    DEPENDS ${web_files} ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed_files.cmake
    COMMENT "Embedding the pages"
    VERBATIM)

collect_sources(hub SOURCES sources)
add_library(sockeye_hub STATIC ${sources} ${embedded_source})
target_link_libraries(sockeye_hub PUBLIC sockeye::sockeye SQLite::SQLite3
                                         nlohmann_json::nlohmann_json
                                  PRIVATE OpenSSL::Crypto)

file(GLOB tool_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tools/*.cpp)
list(FILTER tool_sources EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
if(tool_sources AND SOCKEYE_PROGRAMS)
    add_executable(sockeye ${tool_sources})
    target_link_libraries(sockeye PRIVATE sockeye_hub CLI11::CLI11)
    target_compile_definitions(sockeye PRIVATE SOCKEYE_VERSION="${PROJECT_VERSION}")
endif()
