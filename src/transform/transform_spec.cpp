#include "transform/transform_spec.h"

#include <algorithm>

#include "serving/action_support.h"
#include "serving/deployment.h"
#include "serving/names.h"

namespace gyre::transform {
namespace {

using core::Json;
using serving::NameIn;
using serving::NotBuilt;
using serving::Validation;

constexpr int kMostPayloadMb = 100;
constexpr int kMostConcurrency = 100;
constexpr int kDefaultPayloadMb = 6;
constexpr int64_t kLeastRows = 8;

const Json& Member(const Json& json, std::string_view name) {
    static const Json none = core::JsonObject();
    const Json* member = core::JsonFind(json, name);
    return member == nullptr ? none : *member;
}

core::Result<objects::S3Uri> UriIn(const Json& json, std::string_view member) {
    auto uri = objects::S3Uri::Parse(NameIn(json, member));
    if (uri) return uri;
    return core::Fail(Validation(std::string(member) + ": " + uri.error().message));
}

core::Status ReadInput(const Json& input, TransformSpec& spec) {
    const Json& source = Member(Member(input, "DataSource"), "S3DataSource");
    const std::string kind = NameIn(source, "S3DataType");
    if (kind == "ManifestFile") {
        spec.input_kind = InputKind::kManifest;
    } else if (kind == "AugmentedManifestFile") {
        spec.input_kind = InputKind::kAugmentedManifest;
    } else if (kind != "S3Prefix") {
        return core::Fail(NotBuilt("S3DataType " + kind, "use S3Prefix or a manifest"));
    }
    GYRE_ASSIGN(spec.input, UriIn(source, "S3Uri"));
    if (spec.input_kind != InputKind::kPrefix && spec.input.key.empty()) {
        return core::Fail(Validation("S3Uri: a manifest is an object, not a bucket."));
    }
    spec.content_type = NameIn(input, "ContentType");
    spec.gzip = NameIn(input, "CompressionType") == "Gzip";
    const std::string split = NameIn(input, "SplitType");
    if (split == "Line") spec.split = SplitType::kLine;
    if (split == "RecordIO") spec.split = SplitType::kRecordIo;
    if (split == "TFRecord") spec.split = SplitType::kTfRecord;
    return {};
}

core::Status ReadLimits(const Json& request, TransformSpec& spec) {
    const std::string strategy = NameIn(request, "BatchStrategy");
    if (strategy == "SingleRecord") spec.strategy = BatchStrategy::kSingleRecord;
    if (strategy == "MultiRecord") spec.strategy = BatchStrategy::kMultiRecord;
    const auto concurrency = core::JsonInt(request, "MaxConcurrentTransforms");
    const auto payload = core::JsonInt(request, "MaxPayloadInMB");
    if (payload && *payload > kMostPayloadMb) {
        return core::Fail(Validation("MaxPayloadInMB cannot be greater than 100 MB."));
    }
    if (concurrency.value_or(0) > kMostConcurrency ||
        concurrency.value_or(0) * payload.value_or(0) > kMostPayloadMb) {
        return core::Fail(
            Validation("MaxConcurrentTransforms * MaxPayloadInMB cannot exceed 100 MB."));
    }
    if (concurrency && *concurrency > 0) spec.concurrency = static_cast<int>(*concurrency);
    if (payload) spec.payload_mb = static_cast<int>(*payload);
    const Json& client = Member(request, "ModelClientConfig");
    spec.timeout_seconds =
        static_cast<int>(core::JsonInt(client, "InvocationsTimeoutInSeconds").value_or(600));
    spec.retries = static_cast<int>(core::JsonInt(client, "InvocationsMaxRetries").value_or(3));
    return {};
}

}  // namespace

core::Result<TransformSpec> TransformSpec::Read(const Json& request) {
    TransformSpec spec;
    spec.name = NameIn(request, "TransformJobName");
    spec.model = NameIn(request, "ModelName");
    GYRE_TRY(ReadInput(Member(request, "TransformInput"), spec));
    GYRE_TRY(ReadLimits(request, spec));
    const Json& output = Member(request, "TransformOutput");
    GYRE_ASSIGN(spec.output, UriIn(output, "S3OutputPath"));
    GYRE_ASSIGN(spec.processing, DataProcessing::Read(request));
    if (const Json* capture = core::JsonFind(request, "DataCaptureConfig")) {
        GYRE_ASSIGN(auto destination, UriIn(*capture, "DestinationS3Uri"));
        spec.capture = CaptureSpec{std::move(destination)};
    }
    spec.accept = NameIn(output, "Accept");
    spec.assemble_lines = NameIn(output, "AssembleWith") == "Line";
    const int64_t instances =
        core::JsonInt(Member(request, "TransformResources"), "InstanceCount").value_or(1);
    GYRE_TRY(serving::CheckHostCount(instances));
    spec.instances = static_cast<int>(instances);
    const Json& environment = Member(request, "Environment");
    for (const auto& [name, value] : environment.as_object()) {
        spec.environment.emplace(name, value.as_string());
    }
    return spec;
}

std::map<std::string, std::string> TransformSpec::BatchEnvironment() const {
    std::map<std::string, std::string> all = environment;
    all.emplace("SAGEMAKER_BATCH", "true");
    if (payload_mb) all.emplace("SAGEMAKER_MAX_PAYLOAD_IN_MB", std::to_string(*payload_mb));
    if (strategy) {
        all.emplace("SAGEMAKER_BATCH_STRATEGY",
                    *strategy == BatchStrategy::kSingleRecord ? "SINGLE_RECORD" : "MULTI_RECORD");
    }
    if (concurrency) {
        all.emplace("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", std::to_string(*concurrency));
    }
    return all;
}

BatchLimits ChooseLimits(const TransformSpec& spec, const Json& report, bool alone) {
    BatchLimits limits;
    const Json& asked = Member(Member(report, "details"), "execution_parameters");
    const std::string strategy = NameIn(asked, "BatchStrategy");
    if (spec.strategy) {
        limits.strategy = *spec.strategy;
    } else if (strategy == "SINGLE_RECORD" || strategy == "SingleRecord") {
        limits.strategy = BatchStrategy::kSingleRecord;
    }
    // 0 of the caller's is "of any length"; a container's is no answer.
    const int64_t wanted = core::JsonInt(asked, "MaxPayloadInMB").value_or(0);
    const int64_t payload = spec.payload_mb.value_or(wanted > 0 ? wanted : kDefaultPayloadMb);
    const int64_t payload_mb =
        payload > 0 ? std::min<int64_t>(payload, kMostPayloadMb) : kMostPayloadMb;
    limits.payload_bytes = static_cast<size_t>(payload_mb) << 20;
    int64_t concurrency = 1;
    if (spec.concurrency) {
        concurrency = *spec.concurrency;
    } else if (const auto says = core::JsonInt(asked, "MaxConcurrentTransforms")) {
        concurrency = *says;
    } else if (NameIn(report, "platform") != "container") {
        // A batch for each that is at work on one, and one that fills meanwhile.
        // Larger batches may prove good where as many wait.
        int64_t rows = core::JsonInt(report, "max_batch_rows").value_or(1);
        if (const Json* const batches = core::JsonFind(report, "batches");
            batches != nullptr && *batches == true) {
            rows = std::max(rows, kLeastRows);
        }
        const int64_t workers = core::JsonInt(report, "workers").value_or(1);
        concurrency = std::max(rows * (workers + 1), 2 * workers);
    }
    const Json* const streams = core::JsonFind(report, "streams");
    limits.streamed = payload == 0 && spec.split == SplitType::kNone && alone &&
                      !spec.processing.ChangesInput() && !spec.processing.ChangesOutput() &&
                      streams != nullptr && *streams == true;
    // A stream that no worker takes up would wait for nothing. The payloads' memory is bounded by
    // what they really are (HostPool).
    const int64_t most =
        limits.streamed ? core::JsonInt(report, "workers").value_or(1) : kMostConcurrency;
    limits.concurrency = static_cast<int>(std::clamp<int64_t>(concurrency, 1, most));
    return limits;
}

std::string TooLong(const TransformSpec& spec, const BatchLimits& limits) {
    const std::string size = std::to_string(limits.payload_bytes >> 20) + " MB";
    if (spec.payload_mb != 0) return "a record is larger than MaxPayloadInMB, " + size;
    return "a record is larger than " + size +
           ", the most that goes to a model in one piece; what MaxPayloadInMB 0 sends in chunks, "
           "of "
           "any length, is an object with SplitType None and without DataProcessing, to a model "
           "that "
           "is one container of an image with a program";
}

}  // namespace gyre::transform
