# One program for each file in examples/ and benchmarks/sockeye/.
function(add_programs folder output)
    file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
    list(FILTER files EXCLUDE REGEX "_(test|fuzz)\\.cpp$")
    foreach(file IN LISTS files)
        cmake_path(GET file STEM name)
        add_executable(${output}_${name} ${file})
        set_target_properties(
            ${output}_${name} PROPERTIES OUTPUT_NAME ${name} RUNTIME_OUTPUT_DIRECTORY
                                         ${CMAKE_CURRENT_BINARY_DIR}/${output})
        target_link_libraries(${output}_${name} PRIVATE sockeye::sockeye)
    endforeach()
endfunction()
add_programs(examples examples)
add_programs(benchmarks/sockeye benchmarks)
# The store is measured without a network in front of it.
if(TARGET benchmarks_store_publish)
    if(SOCKEYE_HUB)
        target_link_libraries(benchmarks_store_publish PRIVATE sockeye_hub)
    else()
        set_target_properties(benchmarks_store_publish PROPERTIES EXCLUDE_FROM_ALL TRUE)
    endif()
endif()
# Machines are measured without a network: Google Benchmark (libbenchmark-dev) where it is there.
find_package(benchmark QUIET)
if(benchmark_FOUND)
    target_link_libraries(benchmarks_http1_machine PRIVATE benchmark::benchmark)
else()
    set_target_properties(benchmarks_http1_machine PROPERTIES EXCLUDE_FROM_ALL TRUE)
endif()

# The peers that we are measured against need packages of their own: built when asked for.
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/benchmarks/CMakeLists.txt)
    add_subdirectory(benchmarks EXCLUDE_FROM_ALL)
endif()
