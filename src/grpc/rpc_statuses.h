#pragma once

#include "core/result.h"
#include "net/rpc.h"

namespace gyre::grpc {

/// gRPC's status for an HTTP face's error, as Triton's and TorchServe's gRPC have it. kOk below
/// 300.
[[nodiscard]] net::RpcCode RpcCodeOf(int http_status);
[[nodiscard]] net::RpcCode RpcCodeOf(core::Code code);
[[nodiscard]] net::RpcStatus RpcStatusOf(const core::Error& error);

}  // namespace gyre::grpc
