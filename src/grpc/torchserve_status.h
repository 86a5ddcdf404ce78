#pragma once

#include <string>
#include <string_view>

#include "net/http_message.h"
#include "net/rpc.h"

namespace gyre::grpc {

/// An error as TorchServe's gRPC has it.
struct TorchServeError {
    net::RpcCode code = net::RpcCode::kInternal;
    std::string text;
    std::string exception;  ///< "org.pytorch.serve.…"; "": it is not told

    /// The text, and below it the exception.
    [[nodiscard]] net::RpcStatus Status() const;
};

/// Of an answer over HTTP that is an error.
[[nodiscard]] TorchServeError TorchServeErrorOf(const net::Response& response);
/// Of one to a prediction: it is TorchServe's own affair (INTERNAL) that there is no such model, or
/// nothing that takes the request.
[[nodiscard]] TorchServeError PredictionErrorOf(const net::Response& response);

/// "/models" → "/models/M/V"; without the last where `version` is "".
[[nodiscard]] std::string TorchServePath(std::string path, std::string_view model,
                                         std::string_view version);

}  // namespace gyre::grpc
