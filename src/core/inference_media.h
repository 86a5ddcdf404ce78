#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gyre::core {

/// The media type of a KServe V2 (Open Inference Protocol) body: so many bytes of JSON, then the
/// tensors that the JSON describes, back to back. It is the one that Triton takes on SageMaker's
/// /invocations; the front door and the model hosts speak it with each other too.
inline constexpr std::string_view kInferenceMedia = "application/vnd.sagemaker-triton.binary+json";

/// "…;json-header-size=120".
[[nodiscard]] std::string InferenceContentType(size_t json_bytes);
[[nodiscard]] bool IsInferenceContentType(std::string_view content_type);
/// The number in it; nullopt where there is none that can be read.
[[nodiscard]] std::optional<size_t> InferenceJsonBytes(std::string_view content_type);

}  // namespace gyre::core
