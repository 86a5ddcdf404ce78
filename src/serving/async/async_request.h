#pragma once

#include <string>

#include "core/clock.h"
#include "core/json.h"
#include "core/result.h"
#include "serving/async/async_config.h"

namespace gyre::serving::async {

/// One accepted InvokeEndpointAsync, with all that its end needs: what becomes of the endpoint's
/// configuration afterwards does not matter.
struct AsyncRequest {
    std::string endpoint;
    std::string inference_id;
    std::string input;  ///< the input's S3 URI; "": it came with the request, and is in `body`
    std::string body;
    std::string content_type;  ///< "": the input object's own
    std::string accept;
    std::string custom_attributes;
    std::string output;   ///< S3 URI of the answer
    std::string failure;  ///< S3 URI of what went wrong; "" for nowhere
    std::string success_topic;
    std::string error_topic;
    bool success_has_answer = false;
    bool error_has_answer = false;
    core::WallTime accepted{};
    core::seconds live{21'600};  ///< in the queue; then it is expired
    core::seconds timeout{900};  ///< at the model

    /// Out of the operation's input document and its payload. Errors: ValidationError.
    [[nodiscard]] static core::Result<AsyncRequest> Read(const core::Json& input, std::string body,
                                                         const AsyncConfig& config,
                                                         core::WallTime now);
    [[nodiscard]] core::WallTime Expires() const { return accepted + live; }

    /// Without the body, which is bytes.
    [[nodiscard]] core::Json ToJson() const;
    /// Errors: kDataLoss.
    [[nodiscard]] static core::Result<AsyncRequest> FromJson(const core::Json& json);
};

}  // namespace gyre::serving::async
