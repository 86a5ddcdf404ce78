#pragma once

#include <memory>

#include "grpc/schema.h"
#include "grpc/services.h"

namespace gyre::grpc {

/// org.pytorch.serve.grpc.inference.InferenceAPIsService: TorchServe's inference API over gRPC, in
/// front of the same over HTTP. A request's inputs go as fields of a form; a handler that answers
/// in parts gives StreamPredictions a message for each.
void AddTorchServeInference(Services& services, net::Handler face);

/// KServe V2 as TorchServe speaks it over gRPC with ts_open_inference_protocol, under its own
/// package's name and under KServe's: handlers get a request's values as JSON
/// (service_envelope=kservev2 is for them), and their answers' values come typed.
void AddTorchServeOpenInference(Services& services, std::shared_ptr<const Schema> schema,
                                net::Handler inference, net::Handler management);

/// org.pytorch.serve.grpc.management.ManagementAPIsService, in the same way: each answer is the
/// HTTP answer's body, or, of what changes something, its status's text.
void AddTorchServeManagement(Services& services, std::shared_ptr<const Schema> schema,
                             net::Handler face);

}  // namespace gyre::grpc
