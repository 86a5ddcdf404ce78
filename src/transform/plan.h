#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "core/guarded.h"
#include "core/result.h"
#include "objects/object_store.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// One object of a job.
struct PlannedObject {
    uint64_t index = 0;  ///< its place in the plan
    objects::S3Uri input;
    std::string output_key;
    uint64_t size = 0;
    std::string etag;
    [[nodiscard]] std::string Uri() const { return "s3://" + input.bucket + "/" + input.key; }
};

/// The objects of a job as they were when it began, in a file (docs/formats/transform_job.md): a
/// job that goes on after a restart has the same, and a million of them take no memory.
class Plan {
  public:
    /// The plan in `folder`, made first where none is there. Errors: kInvalidArgument for the user
    /// (no such object, a manifest that cannot be read).
    [[nodiscard]] static core::Result<std::unique_ptr<Plan>> Open(
        const TransformSpec& spec, objects::ObjectStore& store, const std::filesystem::path& folder,
        const core::CancelToken& cancel);
    [[nodiscard]] uint64_t Objects() const { return objects_; }
    [[nodiscard]] uint64_t Bytes() const { return bytes_; }
    /// The next object; nullopt after the last. Thread-safe.
    [[nodiscard]] core::Result<std::optional<PlannedObject>> Next();

  private:
    Plan() = default;
    struct Lines;
    core::Guarded<std::shared_ptr<Lines>> lines_;
    uint64_t objects_ = 0;
    uint64_t bytes_ = 0;
};

}  // namespace gyre::transform
