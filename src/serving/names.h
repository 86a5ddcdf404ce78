#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "wire/action.h"

namespace gyre::serving {

inline constexpr const char* kModelKind = "sagemaker.model";
inline constexpr const char* kConfigKind = "sagemaker.endpoint-config";
inline constexpr const char* kEndpointKind = "sagemaker.endpoint";

/// "arn:aws:sagemaker:REGION:ACCOUNT:endpoint/name"; SageMaker writes names in lower case there.
[[nodiscard]] std::string SageMakerArn(const wire::CallContext& context, std::string_view type,
                                       std::string_view name);
[[nodiscard]] std::string SageMakerArn(std::string_view region, std::string_view account,
                                       std::string_view type, std::string_view name);

/// The log group of an endpoint: "/aws/sagemaker/Endpoints/NAME".
[[nodiscard]] std::string LogGroup(std::string_view endpoint);

/// `Could not find endpoint "arn".`, on which clients' waiters match. ValidationException.
[[nodiscard]] core::Error CouldNotFind(std::string_view what, std::string_view arn);
/// `Cannot create already existing endpoint "arn".`, likewise.
[[nodiscard]] core::Error AlreadyThere(std::string_view what, std::string_view arn);
[[nodiscard]] core::Error Validation(std::string message);

}  // namespace gyre::serving
