#pragma once

#include <memory>

#include "grpc/schema.h"
#include "grpc/services.h"

namespace gyre::grpc {

/// org.pytorch.serve.grpc.inference.InferenceAPIsService: TorchServe's inference API over gRPC, in
/// front of the same over HTTP. A request's inputs go as fields of a form; a handler that answers
/// in parts gives StreamPredictions a message for each.
void AddTorchServeInference(Services& services, net::Handler face);

/// org.pytorch.serve.grpc.management.ManagementAPIsService, in the same way: each answer is the
/// HTTP answer's body.
void AddTorchServeManagement(Services& services, std::shared_ptr<const Schema> schema,
                             net::Handler face);

}  // namespace gyre::grpc
