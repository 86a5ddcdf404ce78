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

/// What became of one TorchScript file.
struct Conversion {
    std::optional<std::filesystem::path> ir;  ///< model.xml, when it converted
    std::string reason;                       ///< why not, else
    core::Json report;                        ///< the converter's own words
    std::unique_ptr<core::TempDir> keep;      ///< the files' folder, where there is no cache
};

/// TorchScript to OpenVINO's IR, by python/gyre_convert in a process of its own; its answers are
/// compared with torch's. Kept in the cache by the digest of the file and the inputs that
/// `settings` names, also when it does not convert. Errors: kInvalidArgument for a damaged file,
/// else as RunConverter's.
[[nodiscard]] core::Result<Conversion> ConvertTorchScript(const LoadOptions& options,
                                                          const ModelSettings& settings,
                                                          const std::filesystem::path& file);

}  // namespace gyre::engine
