#include "grpc/torchserve_status.h"

#include "grpc/rpc_statuses.h"
#include "grpc/services.h"

namespace gyre::grpc {

net::RpcStatus TorchServeStatus(const net::Response& response) {
    const std::string type = ErrorText(response, "type");
    net::RpcCode code = RpcCodeOf(response.status);
    // Its HTTP says 400 for a wrong token, and 405 for a model API that is off.
    if (type == "InvalidKeyException" || response.status == 405)
        code = net::RpcCode::kPermissionDenied;
    std::string text = ErrorText(response, "message");
    if (type != response.body) text += "\n" + type;
    return {code, std::move(text)};
}

std::string TorchServePath(std::string path, std::string_view model, std::string_view version) {
    path += "/" + net::PercentEncode(model);
    if (!version.empty()) path += "/" + net::PercentEncode(version);
    return path;
}

}  // namespace gyre::grpc
