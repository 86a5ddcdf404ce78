# Every third-party package, found once. Rooms link the targets named here.
# GYRE_DEPS is the folder of the Python environment that ./dev makes (.deps).
set(GYRE_DEPS ${CMAKE_SOURCE_DIR}/.deps CACHE PATH "Folder with the pinned Python environment")
set(Python3_EXECUTABLE ${GYRE_DEPS}/venv/bin/python CACHE FILEPATH "")
set(GYRE_SITE_PACKAGES ${GYRE_DEPS}/venv/lib/python3.11/site-packages)

find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(PkgConfig REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(doctest REQUIRED)
find_package(benchmark REQUIRED)
find_package(pugixml REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(tl-expected REQUIRED)
pkg_check_modules(PROTOBUF REQUIRED IMPORTED_TARGET protobuf)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(YAML_CPP REQUIRED IMPORTED_TARGET yaml-cpp)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(ISAL REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(ROCKSDB REQUIRED IMPORTED_TARGET rocksdb)
pkg_check_modules(SERD REQUIRED IMPORTED_TARGET serd-0)
pkg_check_modules(LIBARCHIVE REQUIRED IMPORTED_TARGET libarchive)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)

# OpenVINO out of its wheel: headers and libraries; the libraries find one another. Targets named by
# hand, as the wheel's own CMake files also want a TBB.
file(GLOB openvino_library ${GYRE_SITE_PACKAGES}/openvino/libs/libopenvino.so.*)
if(NOT openvino_library)
    message(FATAL_ERROR "no OpenVINO in ${GYRE_SITE_PACKAGES}: run ./dev build, which installs it")
endif()
add_library(openvino::runtime SHARED IMPORTED)
set_target_properties(openvino::runtime PROPERTIES IMPORTED_LOCATION ${openvino_library})
target_include_directories(openvino::runtime SYSTEM INTERFACE ${GYRE_SITE_PACKAGES}/openvino/include)

# libtorch out of its wheel (CPU). find_package(Torch) would look for CUDA and MKL of the machine.
set(torch_folder ${GYRE_SITE_PACKAGES}/torch)
add_library(torch::torch SHARED IMPORTED)
set_target_properties(torch::torch PROPERTIES IMPORTED_LOCATION ${torch_folder}/lib/libtorch_cpu.so)
target_include_directories(torch::torch SYSTEM INTERFACE
    ${torch_folder}/include ${torch_folder}/include/torch/csrc/api/include)
target_link_libraries(torch::torch INTERFACE ${torch_folder}/lib/libc10.so)
