#pragma once

#include <filesystem>
#include <limits>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving::torchserve {

/// What an unpacked model archive says of itself: MAR-INF/MANIFEST.json, and the top of its YAML
/// file, which is all that the server wants of that.
struct ArchiveInfo {
    std::string name;     ///< modelName
    std::string version;  ///< modelVersion; "1.0" where it says none
    std::string runtime = "python";
    std::string handler;
    bool requirements = false;  ///< requirementsFile: packages of its own
    core::JsonObject config;

    /// A setting of the YAML file. What is no whole number, or below `least`, is a warning in the
    /// log and no setting, as TorchServe has it.
    [[nodiscard]] std::optional<int> Number(const std::string& key,
                                            int least = std::numeric_limits<int>::min()) const;
    /// One that is true or false; false where it is not set, or, with a warning, where it is
    /// neither.
    [[nodiscard]] bool Flag(const std::string& key) const;
};

/// One without a manifest says nothing: a name and a handler are to come from elsewhere. Errors:
/// kInvalidArgument for a manifest that cannot be read.
[[nodiscard]] core::Result<ArchiveInfo> ReadArchive(const std::filesystem::path& directory);

/// The keys at the top of a YAML file: with whole numbers, truth values and texts; what is below a
/// key is left out. Errors: kInvalidArgument for what is no YAML.
[[nodiscard]] core::Result<core::JsonObject> TopScalars(std::string_view yaml);

}  // namespace gyre::serving::torchserve
