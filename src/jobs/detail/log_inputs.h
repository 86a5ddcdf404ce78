#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::jobs::detail {

/// What the actions of CloudWatch Logs have in common.
[[nodiscard]] std::string GroupArn(const wire::CallContext& context, const std::string& group);
[[nodiscard]] tl::unexpected<core::Error> BadParameter(std::string message);
/// The group by its name or by its ARN, with or without the ":*" behind it. Errors:
/// InvalidParameterException.
[[nodiscard]] core::Result<std::string> GroupOf(const core::Json& input);
/// The ARN that policies are asked with.
[[nodiscard]] std::string ResourceOfGroup(const wire::CallContext& context,
                                          const core::Json& input);

}  // namespace gyre::jobs::detail
