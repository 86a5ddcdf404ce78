#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/cancel.h"
#include "core/guarded.h"
#include "core/result.h"
#include "objects/object_store.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// One object of a job.
struct PlannedObject {
    uint64_t index = 0;  ///< its place in the plan
    size_t share = 0;    ///< of the keys, that it is in
    objects::S3Uri input;
    std::string output_key;
    uint64_t size = 0;
    std::string etag;
    [[nodiscard]] std::string Uri() const { return "s3://" + input.bucket + "/" + input.key; }
};

/// Which of so many shares of all keys that one is in; the same at each run.
[[nodiscard]] size_t ShareOf(std::string_view key, size_t shares);

/// The objects of a job as they were when it began, in a file (docs/formats/transform_job.md): a
/// job that goes on after a restart has the same, and a million of them take no memory.
class Plan {
  public:
    /// The plan in `folder`, made first where none is there; its keys are in as many shares as the
    /// job has instances. Errors: kInvalidArgument for the user (no such object, a manifest that
    /// cannot be read).
    [[nodiscard]] static core::Result<std::unique_ptr<Plan>> Open(
        const TransformSpec& spec, objects::ObjectStore& store, const std::filesystem::path& folder,
        const core::CancelToken& cancel);
    [[nodiscard]] uint64_t Objects() const { return objects_; }
    [[nodiscard]] uint64_t Bytes() const { return bytes_; }
    /// Bytes of the largest one.
    [[nodiscard]] uint64_t Largest() const { return largest_; }
    /// The next object of that share; nullopt after the last. Thread-safe.
    [[nodiscard]] core::Result<std::optional<PlannedObject>> Next(size_t share);
    /// All objects in their order, whoever had them before. Errors: the first of `use`.
    [[nodiscard]] core::Status ForEach(
        const std::function<core::Status(const PlannedObject&)>& use) const;

  private:
    explicit Plan(std::filesystem::path file) : file_(std::move(file)) {}
    struct Lines;
    const std::filesystem::path file_;
    core::Guarded<std::vector<std::shared_ptr<Lines>>> shares_;  ///< where each is in the file
    uint64_t objects_ = 0;
    uint64_t bytes_ = 0;
    uint64_t largest_ = 0;
};

}  // namespace gyre::transform
