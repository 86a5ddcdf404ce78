#pragma once

#include "grpc/services.h"
#include "net/exchange.h"

namespace gyre::grpc {

/// ModelInfer's request to the HTTP face; `done` gets the serialised ModelInferResponse, or why
/// there is none. `in_stream`: the answer says that it is its request's last.
void AskForInference(const net::Handler& face, const net::RpcCall& call, std::string_view message,
                     bool in_stream,
                     std::function<void(core::Result<std::string>, net::RpcCode)> done);

/// ModelStreamInfer: requests as they come, some at work at once, answered in their order. A
/// request that fails is answered with its error, and the stream goes on.
void ServeInferenceStream(const net::Handler& face, const Call& call);

}  // namespace gyre::grpc
