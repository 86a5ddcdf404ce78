#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"
#include "net/rpc.h"

namespace gyre::grpc {

/// The status of a TorchServe answer over HTTP that is an error: its text, and below it the name of
/// TorchServe's exception, as its gRPC has it.
[[nodiscard]] net::RpcStatus TorchServeStatus(const net::Response& response);

/// "/models" → "/models/M/V"; without the last where `version` is "".
[[nodiscard]] std::string TorchServePath(std::string path, std::string_view model,
                                         std::string_view version);

}  // namespace gyre::grpc
