#pragma once

#include <string>

#include "core/json.h"
#include "core/result.h"

namespace gyre::serving::async {

/// AsyncInferenceConfig of an endpoint configuration: where answers go, and who hears of them.
struct AsyncConfig {
    std::string output_path;    ///< "s3://bucket/prefix", without a '/' at its end; "": the default
    std::string failure_path;   ///< likewise; "": what fails is told of, and kept nowhere
    std::string success_topic;  ///< an SNS topic's ARN; "" for none
    std::string error_topic;
    bool success_has_answer = false;  ///< the message carries the answer, where it is small enough
    bool error_has_answer = false;
    int most_per_instance = 4;  ///< requests at one host at once

    /// Errors: ValidationException, in SageMaker's words, for a path that is no S3 URI.
    [[nodiscard]] static core::Result<AsyncConfig> Read(const core::Json& config);
};

}  // namespace gyre::serving::async
