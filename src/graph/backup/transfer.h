#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "core/cancel.h"
#include "core/clock.h"
#include "core/result.h"
#include "graph/backup/manifest.h"
#include "graph/backup/snapshot_folder.h"
#include "objects/object_store.h"

namespace gyre::graph::backup {

/// Told how many of how many bytes are there.
using Progress = std::function<void(uint64_t done, uint64_t all)>;

/// Writes a snapshot's files below `to`, and then `manifest`, completed with them: what is cut in
/// the middle is no backup. Errors: kAlreadyExists where there is one; those of S3; kCancelled.
[[nodiscard]] core::Status Upload(const SnapshotFolder& snapshot, Manifest manifest,
                                  objects::ObjectStore& objects, const objects::S3Uri& to,
                                  const core::CancelToken& cancel, const Progress& progress);

/// Errors: kNotFound where there is no backup.
[[nodiscard]] core::Result<Manifest> FetchManifest(objects::ObjectStore& objects,
                                                   const objects::S3Uri& from);

/// Writes a backup's files into `folder`, durably. Errors: kDataLoss where a file is not as the
/// manifest says.
[[nodiscard]] core::Status Download(const Manifest& manifest, objects::ObjectStore& objects,
                                    const objects::S3Uri& from, const std::filesystem::path& folder,
                                    const core::CancelToken& cancel, const Progress& progress);

}  // namespace gyre::graph::backup
