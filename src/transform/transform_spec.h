#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "core/json.h"
#include "core/result.h"
#include "objects/object_store.h"
#include "transform/data_processing.h"
#include "transform/record_format.h"

namespace gyre::transform {

inline constexpr const char* kTransformKind = "sagemaker.transform-job";
/// The log group of all transform jobs; streams are "JOB/INSTANCE".
inline constexpr const char* kTransformLogs = "/aws/sagemaker/TransformJobs";

enum class InputKind { kPrefix, kManifest, kAugmentedManifest };
enum class BatchStrategy { kSingleRecord, kMultiRecord };

/// DataCaptureConfig: where it is written down what a job read and what it made of it.
struct CaptureSpec {
    objects::S3Uri destination;
};

/// A CreateTransformJob request, understood. What the caller left out is nullopt where the
/// container may have a say (GET /execution-parameters), else the service's default.
struct TransformSpec {
    std::string name;
    std::string model;
    InputKind input_kind = InputKind::kPrefix;
    objects::S3Uri input;
    std::string content_type;
    bool gzip = false;
    SplitType split = SplitType::kNone;
    std::optional<BatchStrategy> strategy;
    std::optional<int> concurrency;  ///< requests at once to each instance
    std::optional<int> payload_mb;
    objects::S3Uri output;
    std::string accept;
    bool assemble_lines = false;
    DataProcessing processing;
    std::optional<CaptureSpec> capture;
    int timeout_seconds = 600;
    int retries = 3;
    int instances = 1;
    std::map<std::string, std::string> environment;

    /// Errors: "ValidationException" in SageMaker's words for what it would refuse too, 501 for
    /// what is not built here.
    [[nodiscard]] static core::Result<TransformSpec> Read(const core::Json& request);
    /// What a container of a batch job is given, with the job's own variables over it.
    [[nodiscard]] std::map<std::string, std::string> BatchEnvironment() const;
};

/// What the job runs with, once the container has been asked.
struct BatchLimits {
    int concurrency = 1;
    BatchStrategy strategy = BatchStrategy::kMultiRecord;
    size_t payload_bytes = 6 << 20;
    /// Each object is one request of whatever length, sent while it is read.
    bool streamed = false;
};

/// `report` is what the job's first host says of its model: the container's own execution
/// parameters, or how a model of Gyre's runtimes batches, which says how many requests keep it at
/// work. What the caller asked for wins. `alone`: no other container is behind that one.
[[nodiscard]] BatchLimits ChooseLimits(const TransformSpec& spec, const core::Json& report,
                                       bool alone);
/// What is said of a record that is larger than the limits.
[[nodiscard]] std::string TooLong(const TransformSpec& spec, const BatchLimits& limits);

}  // namespace gyre::transform
