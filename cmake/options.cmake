# Build options: sanitizers, fuzzing, warnings, compiler cache and linker.
set(GYRE_SANITIZE "" CACHE STRING "Sanitizers to build with: address;undefined or thread")
option(GYRE_FUZZ "Build the libFuzzer targets (needs clang)" OFF)

if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                    -Wno-missing-field-initializers -fno-omit-frame-pointer)
add_compile_definitions(BOOST_ASIO_NO_DEPRECATED)
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")

find_program(MOLD_PROGRAM mold)
if(MOLD_PROGRAM AND NOT GYRE_FUZZ)
    add_link_options(-fuse-ld=mold)
endif()

# The same for all, so that all can share the headers that precompiled_headers.cmake compiles once.
add_compile_options(-pthread)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # ccache reads what is preprocessed. Behind precompiled headers GCC 12 forgets that std::string is
    # the system's and warns of its own inlined code.
    add_compile_options(-fpch-preprocess -Wno-array-bounds -Wno-stringop-overread -Wno-stringop-overflow)
    add_compile_options(-Wno-subobject-linkage)  # a source compiled with others counts as a header there
    add_compile_options("SHELL:--param ggc-min-heapsize=524288")  # KiB: collecting less saves a sixth
endif()

set(gyre_test_timeout 900)  # seconds; a tenth of it does where nothing else runs
set(gyre_test_environment)
if(GYRE_SANITIZE)
    set(gyre_test_timeout 2400)
    set(gyre_test_environment
        TBB_ENABLE_SANITIZERS=1  # OpenVINO's TBB: without RTLD_DEEPBIND
        # The suppressions look at the stacks of both sides, which a short history has lost now and then.
        TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/cmake/tsan_suppressions.txt:history_size=4)
    list(JOIN GYRE_SANITIZE "," sanitizers)
    set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O1 -g1")  # compiles in half the time, and traces are truer
    add_compile_options(-fsanitize=${sanitizers} -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${sanitizers})
endif()
if(GYRE_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
