#pragma once

#include <string>

#include "core/json.h"
#include "core/result.h"
#include "serving/host_protocol.h"
#include "serving/routing.h"
#include "serving/run_statistics.h"

/// The JSON that KServe V2 says of servers and models (github.com/kserve/open-inference-protocol,
/// and Triton's extensions for statistics, configuration and repositories).
namespace gyre::serving::kserve {

/// An endpoint has one version, for its own versions are configurations and variants.
inline constexpr const char* kVersion = "1";

[[nodiscard]] core::Json ServerMetadata(const std::string& version);
/// `model`: HostStatus::model.
[[nodiscard]] core::Json ModelMetadata(const std::string& name, const core::Json& model);
/// Triton's configuration, as far as it has an equal here.
[[nodiscard]] core::Json ModelConfiguration(const std::string& name, const core::Json& model);
/// One entry of "model_stats".
[[nodiscard]] core::Json ModelStatistics(const std::string& name, const RunStatistics& statistics);
/// A model is ready when a host of it is connected.
[[nodiscard]] bool IsReady(const EndpointRoute& route);
/// One entry of the repository's index.
[[nodiscard]] core::Json IndexEntry(const EndpointRoute& route);

}  // namespace gyre::serving::kserve
