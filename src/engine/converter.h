#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "core/json.h"
#include "core/result.h"
#include "core/temp_dir.h"
#include "engine/model.h"

namespace gyre::engine {

/// One job of python/gyre_convert (its __main__.py says what there is).
struct ConverterJob {
    core::JsonObject job;  ///< without "output"
    std::string identity;  ///< whatever the result depends on, beside the converter itself
    /// Writes what the job reads into its folder, where it must be run.
    std::function<core::Status(const std::filesystem::path& folder)> prepare;
};

struct ConverterResult {
    std::filesystem::path folder;
    core::Json report;
    std::unique_ptr<core::TempDir> keep;  ///< where there is no cache: the folder goes with it
};

/// Runs it in a process of its own, or finds its result in options.cache_directory
/// (docs/formats/conversion_cache.md): hosts that want the same wait for the one that is at it.
/// Errors: kInternal when it ends without a report (with its last lines, and the detail "signal"
/// where it was killed), kDeadlineExceeded after 15 minutes.
[[nodiscard]] core::Result<ConverterResult> RunConverter(const LoadOptions& options,
                                                         ConverterJob job);

/// SHA-256 of a file, in hex.
[[nodiscard]] core::Result<std::string> FileDigest(const std::filesystem::path& path);

}  // namespace gyre::engine
