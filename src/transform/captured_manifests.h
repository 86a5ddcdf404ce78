#pragma once

#include <filesystem>

#include "core/clock.h"
#include "core/result.h"
#include "objects/object_store.h"
#include "transform/journal.h"
#include "transform/plan.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// Puts what DataCaptureConfig asks for: manifests of the objects that are done, below the
/// destination, "input/yyyy/mm/dd/hh/JOB-N.json" of what they were made of and "output/…" of what
/// was put, each `[{"prefix": "s3://bucket/some/"}, "key", …]`, one for each run of objects in the
/// same bucket. `folder` is for what is larger than a little. The spec must have a capture.
[[nodiscard]] core::Status PutCaptured(const TransformSpec& spec, const Plan& plan,
                                       const Journal& journal, objects::ObjectStore& store,
                                       const std::filesystem::path& folder, core::WallTime now);

}  // namespace gyre::transform
