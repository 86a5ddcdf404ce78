#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving::torchserve {

/// What an unpacked model archive says of itself: MAR-INF/MANIFEST.json, and the scalars at the top
/// of its YAML file ("batchSize: 4"), which is all that the server wants of that.
struct ArchiveInfo {
    std::string name;     ///< modelName
    std::string version;  ///< modelVersion; "1.0" where it says none
    std::string runtime = "python";
    std::string handler;
    bool requirements = false;  ///< requirementsFile: packages of its own
    std::map<std::string, std::string> config;

    /// A setting of the YAML file as a number. Errors: kInvalidArgument, naming it.
    [[nodiscard]] core::Result<std::optional<int>> Number(const std::string& key) const;
    /// One that is true or false; false where it is not set. Errors likewise.
    [[nodiscard]] core::Result<bool> Flag(const std::string& key) const;
};

/// Errors: kInvalidArgument for a manifest that cannot be read.
[[nodiscard]] core::Result<ArchiveInfo> ReadArchive(const std::filesystem::path& directory);

/// "key: value" of lines that begin at the left; comments and what is below a key are left out.
[[nodiscard]] std::map<std::string, std::string> TopScalars(std::string_view yaml);

}  // namespace gyre::serving::torchserve
