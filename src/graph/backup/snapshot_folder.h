#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "graph/graphs.h"

namespace gyre::graph::backup {

struct SnapshotFile {
    std::string name;  ///< relative to the folder, with '/'
    uint64_t size = 0;
};

/// A consistent copy of a graph in a folder that lasts as long as this. Its files never change.
class SnapshotFolder {
  public:
    /// Errors: kNotFound for an unknown graph; as GraphStore::Snapshot.
    [[nodiscard]] static core::Result<std::unique_ptr<SnapshotFolder>> Make(
        Graphs& graphs, const std::string& graph);
    ~SnapshotFolder();
    SnapshotFolder(const SnapshotFolder&) = delete;
    SnapshotFolder& operator=(const SnapshotFolder&) = delete;

    [[nodiscard]] const std::filesystem::path& Path() const { return path_; }
    [[nodiscard]] const std::vector<SnapshotFile>& Files() const { return files_; }
    /// GraphStore::Epoch of what it is a copy of.
    [[nodiscard]] const std::string& Epoch() const { return epoch_; }

  private:
    explicit SnapshotFolder(std::filesystem::path path) : path_(std::move(path)) {}

    const std::filesystem::path path_;
    std::vector<SnapshotFile> files_;
    std::string epoch_;
};

}  // namespace gyre::graph::backup
