#pragma once

#include <memory>

#include "grpc/schema.h"
#include "grpc/services.h"

namespace gyre::grpc {

/// inference.GRPCInferenceService: KServe V2 over gRPC, with Triton's extensions. Every call is a
/// request to `face`, which answers KServe V2 over HTTP (docs/api/kserve.md): what a model is, who
/// may ask and what goes wrong is decided there, once for both.
void AddKserveServices(Services& services, std::shared_ptr<const Schema> schema, net::Handler face);

}  // namespace gyre::grpc
