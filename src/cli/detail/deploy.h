#pragma once

#include <map>
#include <string>

#include "cli/detail/platform.h"
#include "cli/detail/progress.h"

namespace gyre::cli::detail {

/// The tag of every model and configuration that `gyre deploy` made; its value is the endpoint.
inline constexpr const char* kDeployedForTag = "gyre:deployed-for";

struct DeployRequest {
    std::string name;  ///< of the endpoint
    std::string model_url;
    std::string image;
    int count = 1;
    std::map<std::string, std::string> environment;
};

/// NAME-2026-11-25-08-40-01-123, as the SageMaker SDK names what it makes; at most 63 characters.
[[nodiscard]] std::string DatedName(const std::string& name, core::WallTime now);

/// Names are letters, digits and hyphens between them, at most 63.
[[nodiscard]] core::Status CheckEndpointName(const std::string& name);

/// The endpoint as DescribeEndpoint tells it; null where there is none. Errors: it is on its way,
/// and cannot be changed now.
[[nodiscard]] core::Result<core::Json> FindEndpoint(const Platform& platform,
                                                    const std::string& name);

/// Makes model and configuration and the endpoint of that name, or brings it over to them. Returns
/// the configuration's name. It comes up after this.
[[nodiscard]] core::Result<std::string> StartDeployment(const Platform& platform,
                                                        const DeployRequest& request, bool update,
                                                        core::WallTime now);

/// Waits until the endpoint serves `config`; its description. Errors: it failed, or went back.
[[nodiscard]] core::Result<core::Json> WaitForEndpoint(const Platform& platform,
                                                       const Session& session,
                                                       const std::string& name,
                                                       const std::string& config,
                                                       Progress& progress);

}  // namespace gyre::cli::detail
