# gyre_module(NAME room LAYER n SOURCES … [TESTS …] [BENCHMARKS …] [DEPS rooms…] [LINK targets…]
#             [PRIVATE_LINK targets…])
# Makes the static library `gyre_<room>` (alias gyre::<room>), the test program `<room>_test` (run by
# ctest) and the benchmark program `<room>_benchmark` (built only on request). A dependency on a room
# of the same or a higher layer is refused here; tools/check_layers.py refuses an undeclared include.
function(gyre_module)
    cmake_parse_arguments(M "" "NAME;LAYER" "SOURCES;TESTS;BENCHMARKS;DEPS;LINK;PRIVATE_LINK" ${ARGN})
    set(target gyre_${M_NAME})
    foreach(dep ${M_DEPS})
        get_property(dep_layer GLOBAL PROPERTY gyre_layer_${dep})
        if("${dep_layer}" STREQUAL "")
            message(FATAL_ERROR "room ${M_NAME} depends on '${dep}', which is not a room declared before it")
        elseif(NOT dep_layer LESS M_LAYER)
            message(FATAL_ERROR "room ${M_NAME} (layer ${M_LAYER}) may not depend on ${dep} (layer ${dep_layer})")
        endif()
    endforeach()
    set_property(GLOBAL PROPERTY gyre_layer_${M_NAME} ${M_LAYER})
    set_property(GLOBAL APPEND_STRING PROPERTY gyre_rooms "${M_NAME}|${M_LAYER}|${M_DEPS}\n")

    list(TRANSFORM M_DEPS PREPEND gyre:: OUTPUT_VARIABLE dep_targets)
    add_library(${target} STATIC ${M_SOURCES})
    add_library(gyre::${M_NAME} ALIAS ${target})
    target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src)
    target_link_libraries(${target} PUBLIC ${dep_targets} ${M_LINK} PRIVATE ${M_PRIVATE_LINK})
    target_precompile_headers(${target} REUSE_FROM gyre_headers)
    # Four files at a time: what they share of templates and inline functions is compiled once for the
    # four, which nearly halves a clean build. Names in a room's anonymous namespaces differ for it.
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)

    if(M_TESTS AND NOT GYRE_FUZZ)
        add_executable(${M_NAME}_test ${M_TESTS})
        target_link_libraries(${M_NAME}_test PRIVATE ${target} ${M_PRIVATE_LINK} gyre_test_main)
        target_compile_definitions(${M_NAME}_test PRIVATE
            GYRE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" GYRE_PYTHON="${Python3_EXECUTABLE}")
        target_compile_options(${M_NAME}_test PRIVATE ${gyre_test_options})
        target_precompile_headers(${M_NAME}_test REUSE_FROM gyre_test_headers)
        list(LENGTH M_TESTS tests)
        if(tests GREATER 6)  # reading headers is most of what a test file costs
            set_target_properties(${M_NAME}_test PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 4)
        endif()
        add_test(NAME ${M_NAME} COMMAND ${M_NAME}_test)
        set_tests_properties(${M_NAME} PROPERTIES TIMEOUT ${gyre_test_timeout}
                             ENVIRONMENT "${gyre_test_environment}")
    endif()
    if(M_BENCHMARKS AND NOT GYRE_FUZZ)
        add_executable(${M_NAME}_benchmark EXCLUDE_FROM_ALL ${M_BENCHMARKS})
        target_link_libraries(${M_NAME}_benchmark PRIVATE ${target} benchmark::benchmark_main)
    endif()
endfunction()

# Writes the declared rooms (room|layer|deps) for tools/check_layers.py.
function(gyre_write_rooms)
    get_property(rooms GLOBAL PROPERTY gyre_rooms)
    file(WRITE ${CMAKE_BINARY_DIR}/rooms.txt "${rooms}")
endfunction()
