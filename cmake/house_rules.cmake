# How this project compiles its own code. Not used when another project adds Sockeye as a folder.
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# Asserts stay on in a release: they are for the programmer's own errors, and cost less than a
# wrong answer. So no -DNDEBUG.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g")
add_compile_options(-Wall -Wextra -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # What g++ 12 guesses from the flow of data, and often wrongly: in coroutines, and within its
    # own std::string. The sanitizers know.
    add_compile_options(-Wno-maybe-uninitialized -Wno-array-bounds -Wno-restrict
                        -Wno-stringop-overflow -Wno-stringop-overread -Wno-dangling-pointer)
endif()

# A set of sanitizers, as -fsanitize takes it. Optimised a little, since a run at -O0 takes minutes.
set(SOCKEYE_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(SOCKEYE_SANITIZE)
    add_compile_options(-fsanitize=${SOCKEYE_SANITIZE} -fno-sanitize-recover=all
                        -fno-omit-frame-pointer -O1 -g1)
    add_link_options(-fsanitize=${SOCKEYE_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # The sloppiness is what ccache and clang need to know each other's precompiled headers. With a
    # base folder, what one working copy has compiled another need not.
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros
        CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${CCACHE})
    add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
    if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
        add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()
find_program(LLD ld.lld-19)
if(LLD AND CMAKE_CXX_COMPILER_ID STREQUAL Clang)
    add_link_options(-fuse-ld=lld-19)
endif()
