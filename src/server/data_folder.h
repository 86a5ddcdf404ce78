#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/result.h"

namespace gyre::server {

/// The platform's folder, held by one `gyre serve` at a time for as long as this lives (a lock of
/// the kernel's, so that a killed server leaves none behind).
class DataFolder {
  public:
    /// Makes the folder when absent (mode 0700). Errors: kFailedPrecondition when another server
    /// holds it, naming its process.
    [[nodiscard]] static core::Result<std::unique_ptr<DataFolder>> Take(
        const std::filesystem::path& path);
    ~DataFolder();
    DataFolder(const DataFolder&) = delete;
    DataFolder& operator=(const DataFolder&) = delete;

    /// Absolute.
    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }
    /// Leaves the URL in DIR/address, where `gyre` commands on this machine find it.
    [[nodiscard]] core::Status PublishAddress(const std::string& url) const;

  private:
    DataFolder(std::filesystem::path path, int descriptor)
        : path_(std::move(path)), descriptor_(descriptor) {}
    std::filesystem::path path_;
    int descriptor_;
};

}  // namespace gyre::server
