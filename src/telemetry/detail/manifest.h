#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/file_system.h"
#include "core/result.h"

namespace gyre::telemetry::detail {

/// Which files count: one small JSON document that is replaced whole, so that several files come
/// and go in one step.
struct Manifest {
    uint64_t first_journal = 0;  ///< earlier ones are in the segments
    std::set<std::string> segments;
};

/// An empty one where there is none. Errors: kDataLoss for one that cannot be read.
[[nodiscard]] core::Result<Manifest> ReadManifest(core::FileSystem& files,
                                                  const std::filesystem::path& directory);
[[nodiscard]] core::Status WriteManifest(core::FileSystem& files,
                                         const std::filesystem::path& directory,
                                         const Manifest& manifest);

/// Of a journal's file name.
[[nodiscard]] std::optional<uint64_t> JournalNumber(std::string_view name);

}  // namespace gyre::telemetry::detail
