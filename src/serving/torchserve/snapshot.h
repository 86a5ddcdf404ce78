#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/result.h"
#include "serving/torchserve/models.h"
#include "serving/torchserve/properties.h"

namespace gyre::serving::torchserve {

/// One version of a model in a snapshot.
struct SnapshotModel {
    std::string name;
    std::string version;
    bool is_default = false;
    std::string url;  ///< "marName": of the model store
    ModelSettings settings;
};

/// A snapshot as TorchServe writes it (docs/snapshot.md there): the properties, and the models as
/// JSON in model_snapshot.
[[nodiscard]] std::string SnapshotText(Properties properties, const std::string& name,
                                       const std::vector<SnapshotModel>& models,
                                       core::WallTime now);
/// The models of model_snapshot. Errors: kInvalidArgument.
[[nodiscard]] core::Result<std::vector<SnapshotModel>> ReadSnapshot(std::string_view json);
/// The file in `folder` that was written last; nullopt where there is none.
[[nodiscard]] std::optional<std::filesystem::path> LastSnapshot(
    const std::filesystem::path& folder);

/// Writes a server's snapshots into a folder, which a later start reads; the last hundred stay.
/// What cannot be written is a line of the log. Thread-safe.
class Snapshots {
  public:
    /// `models` outlives it.
    Snapshots(std::filesystem::path folder, Properties properties, const Models& models,
              const core::Clock& clock)
        : folder_(std::move(folder)),
          properties_(std::move(properties)),
          models_(models),
          clock_(clock) {}

    /// `occasion`: "startup", "snapshot" or "shutdown", the end of the file's name.
    void Save(const std::string& occasion);

  private:
    void RemoveOld() const;

    const std::filesystem::path folder_;
    const Properties properties_;
    const Models& models_;
    const core::Clock& clock_;
    std::mutex mutex_;   // guards the folder, so that the last snapshot is the last state
    uint64_t last_ = 0;  ///< the number that the last file's name begins with
};

}  // namespace gyre::serving::torchserve
