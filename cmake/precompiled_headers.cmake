# The headers that nearly every file reads and that no change here touches, compiled once for the
# libraries and once for the tests: half of what a file costs to compile. They stand for nothing:
# each file includes what it uses.
set(gyre_heavy_headers
    <algorithm> <array> <atomic> <charconv> <chrono> <cstdint> <filesystem> <functional> <map>
    <memory> <mutex> <optional> <set> <span> <string> <string_view> <thread> <utility> <variant>
    <vector> <boost/json.hpp> <tl/expected.hpp>)

file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/headers.cpp CONTENT "")
add_library(gyre_headers OBJECT ${CMAKE_BINARY_DIR}/headers.cpp)
target_precompile_headers(gyre_headers PRIVATE ${gyre_heavy_headers})
target_link_libraries(gyre_headers PRIVATE Boost::json tl::expected)

# What is tested is optimised; the tests themselves compile a third faster when they are not.
set(gyre_test_options $<$<NOT:$<CONFIG:Debug>>:-O0>)
if(NOT GYRE_FUZZ)
    add_library(gyre_test_main STATIC ${CMAKE_SOURCE_DIR}/cmake/doctest_main.cpp)
    target_link_libraries(gyre_test_main PUBLIC doctest::doctest)
    add_executable(gyre_test_headers EXCLUDE_FROM_ALL ${CMAKE_BINARY_DIR}/headers.cpp)
    target_compile_options(gyre_test_headers PRIVATE ${gyre_test_options})
    target_precompile_headers(gyre_test_headers PRIVATE ${gyre_heavy_headers} <doctest/doctest.h>)
    target_link_libraries(gyre_test_headers PRIVATE Boost::json tl::expected gyre_test_main)
endif()
