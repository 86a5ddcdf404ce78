#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving::capture {

/// How captured data is written down.
enum class Encoding { kCsv, kJson, kBase64 };

/// DataCaptureConfig of an endpoint configuration.
struct CaptureConfig {
    bool enabled = false;
    int percent = 0;  ///< of the predictions
    bool input = false;
    bool output = false;
    std::string destination;  ///< "s3://bucket/prefix", without a '/' at its end
    std::vector<std::string> csv_types;
    std::vector<std::string> json_types;

    /// Errors: ValidationException, in SageMaker's words.
    [[nodiscard]] static core::Result<CaptureConfig> Read(const core::Json& config);
    /// As CaptureContentTypeHeader says; base64 for types that it does not name.
    [[nodiscard]] Encoding EncodingOf(std::string_view content_type) const;
};

/// DescribeEndpoint's DataCaptureConfig of an endpoint that is deployed with `config`.
[[nodiscard]] core::Json CaptureSummary(const core::Json& config);

}  // namespace gyre::serving::capture
