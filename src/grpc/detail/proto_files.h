#pragma once

#include <span>
#include <string_view>

namespace gyre::grpc::detail {

struct ProtoFile {
    std::string_view name;
    std::string_view text;
};

/// The files of proto/, each after those that it imports. Written by CMake.
[[nodiscard]] std::span<const ProtoFile> ProtoFiles();

}  // namespace gyre::grpc::detail
