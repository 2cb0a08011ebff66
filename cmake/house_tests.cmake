# One test binary for each tree. Each test file stands beside the file that it tests.
enable_testing()
find_package(GTest REQUIRED)

function(add_test_binary name folder)
    collect_sources(${folder} TESTS tests)
    list(FILTER tests EXCLUDE REGEX "/tests/consumer/")
    if(NOT tests)
        return()
    endif()
    add_executable(${name} ${tests})
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                             ${CMAKE_CURRENT_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE ${ARGN} GTest::gmock GTest::gtest_main)
    target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    target_compile_definitions(${name} PRIVATE SOCKEYE_SOURCE_FOLDER="${CMAKE_CURRENT_SOURCE_DIR}")
    # Half of a test's compile time is GoogleTest's header.
    target_precompile_headers(${name} PRIVATE <gtest/gtest.h> <chrono> <string> <string_view>
                              <vector>)
    add_test(NAME ${name} COMMAND ${name})
    add_dependencies(tested ${name})
endfunction()

# What the tests run: all but the benchmarks. A second build, with sanitizers, needs no more.
get_property(programs DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
list(FILTER programs INCLUDE REGEX "^(sockeye|examples_.*)$")
add_custom_target(tested)
add_dependencies(tested sockeye_library ${programs})

add_test_binary(sockeye_tests sockeye sockeye::sockeye PkgConfig::liburing)
if(SOCKEYE_HUB)
    add_test_binary(hub_tests hub sockeye_hub)
    add_test_binary(house_tests tests sockeye_hub PkgConfig::liburing)
endif()
