#pragma once

#include <optional>
#include <string_view>

namespace gyre::wire {

/// What an AWS host name says. The parts are within the name.
struct AwsHost {
    std::string_view service;  ///< as Service::name: "s3", "sagemaker-runtime", "sts"
    std::string_view region;   ///< "" for a global name: "sts.amazonaws.com"
    std::string_view bucket;   ///< of a virtual-hosted S3 name; else ""
};

/// Reads "SERVICE.REGION.amazonaws.com" and its relatives: S3's "BUCKET.s3.REGION", "s3-REGION",
/// "s3.dualstack.REGION"; SageMaker's "api.sagemaker.REGION" and "runtime.sagemaker.REGION"; global
/// names. A port is read over. nullopt for a host of anyone else.
[[nodiscard]] std::optional<AwsHost> ParseAwsHost(std::string_view host);

}  // namespace gyre::wire
