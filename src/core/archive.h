#pragma once

#include <cstdint>
#include <filesystem>

#include "core/result.h"

namespace gyre::core {

/// What an archive from outside may ask of this machine.
struct ArchiveLimits {
    uint64_t max_bytes = 64ULL << 30;        ///< of all files together, unpacked
    uint64_t max_files = 100'000;            ///< files, links and directories
    uint64_t max_ratio = 500;                ///< unpacked bytes to one packed byte…
    uint64_t ratio_free_bytes = 256U << 20;  ///< …which holds only above this much
};

/// Unpacks a tar, tar.gz or zip into `destination`, which is made when absent and must be empty.
/// Nothing is written outside of it: absolute names, "..", links that lead out (or might, by way of
/// other links), devices and pipes are refused. Owners, times and the set-id bits are not kept; a
/// file that is there twice is the later one. All or nothing: on an error `destination` is empty.
/// Errors, naming the entry: kInvalidArgument (damaged, of another kind, or leads outside),
/// kResourceExhausted (a limit of `limits`, or the disk is full).
[[nodiscard]] Status UnpackArchive(const std::filesystem::path& archive,
                                   const std::filesystem::path& destination,
                                   const ArchiveLimits& limits = {});
/// From an open file, from its place on; the descriptor stays the caller's.
[[nodiscard]] Status UnpackArchive(int archive_descriptor, const std::filesystem::path& destination,
                                   const ArchiveLimits& limits = {});

/// Writes what is below `directory` (files, directories and links, by name) as a tar.gz, whole or
/// not at all. `out` must not lie in `directory`. Errors: kInvalidArgument for a device or pipe.
[[nodiscard]] Status PackTarGz(const std::filesystem::path& directory,
                               const std::filesystem::path& out);

}  // namespace gyre::core
