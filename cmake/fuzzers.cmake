# One fuzzer for each *_fuzz.cpp, in build/fuzz/fuzzers/. The preset gives the sanitizers.
function(add_fuzzers folder)
    collect_sources(${folder} FUZZERS fuzzers)
    foreach(file IN LISTS fuzzers)
        cmake_path(GET file STEM name)
        add_executable(${name} ${file})
        set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY
                                                 ${CMAKE_CURRENT_BINARY_DIR}/fuzzers)
        target_link_libraries(${name} PRIVATE ${ARGN})
        target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    endforeach()
endfunction()

add_fuzzers(sockeye sockeye::sockeye)
if(SOCKEYE_HUB)
    add_fuzzers(hub sockeye_hub)
endif()
