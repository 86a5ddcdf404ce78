#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "cli/detail/platform.h"

namespace gyre::cli::detail {

struct FolderFile {
    std::filesystem::path path;
    std::string name;  ///< below the folder, with '/'
    uint64_t size = 0;
};

/// The files of a folder and of all below it, by name; of a file, itself. Errors: there is none.
[[nodiscard]] core::Result<std::vector<FolderFile>> FilesBelow(const std::filesystem::path& folder);

/// The keys below a prefix, in order.
[[nodiscard]] core::Result<std::vector<std::string>> KeysBelow(const Platform& platform,
                                                               const std::string& bucket,
                                                               const std::string& prefix);

/// Writes the object into `folder`/`name`, a piece at a time, and makes the folders. Errors:
/// kInvalidArgument for a name that leads out of the folder.
[[nodiscard]] core::Status Download(const Platform& platform, core::FileSystem& files,
                                    const std::string& bucket, const std::string& key,
                                    const std::filesystem::path& folder,
                                    const std::filesystem::path& name);

/// Removes every object below the prefix.
[[nodiscard]] core::Status RemoveBelow(const Platform& platform, const std::string& bucket,
                                       const std::string& prefix);

}  // namespace gyre::cli::detail
