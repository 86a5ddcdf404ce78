#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/result.h"
#include "core/temp_dir.h"
#include "engine/model.h"
#include "engine/model_settings.h"

namespace gyre::engine {

/// What became of one conversion (docs/formats/conversion_cache.md).
struct Conversion {
    enum class Outcome { kConverted, kUnconvertible };
    Outcome outcome = Outcome::kUnconvertible;
    std::filesystem::path ir;             ///< model.xml, when converted
    std::string reason;                   ///< why not
    core::Json report;                    ///< the converter's own words
    std::unique_ptr<core::TempDir> keep;  ///< where there is no cache: the files' folder
};

/// TorchScript to OpenVINO's IR, by python/gyre_convert in a process of its own; its answers are
/// compared with torch's. Kept in options.cache_directory by the digest of the file, the settings
/// and the converter, also when it does not convert; hosts that want the same wait for the one
/// that is at it. Errors: kInvalidArgument for a damaged file, kInternal when the converter ends
/// without a report (with its last lines), kDeadlineExceeded after 15 minutes.
[[nodiscard]] core::Result<Conversion> ConvertTorchScript(const LoadOptions& options,
                                                          const ModelSettings& settings,
                                                          const std::filesystem::path& file);

}  // namespace gyre::engine
