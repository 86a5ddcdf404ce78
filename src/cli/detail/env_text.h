#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/detail/connection.h"
#include "core/result.h"

namespace gyre::cli::detail {

using Variables = std::vector<std::pair<std::string, std::string>>;

/// What points stock clients (boto3, AWS CLI, SageMaker SDK) at that platform: its URL for all that
/// heeds AWS_ENDPOINT_URL, and the proxy with its authority for what asks AWS's own host names, as
/// the SageMaker SDKs ask STS. A variable with an
/// empty value is to be unset: another platform's would be taken for it.
[[nodiscard]] Variables ClientVariables(const Connection& connection);

/// As text of `format`: "sh", "fish", "dotenv" or "json". Errors: kInvalidArgument for another.
[[nodiscard]] core::Result<std::string> EnvText(const Variables& variables,
                                                const std::string& format);

}  // namespace gyre::cli::detail
