#include "grpc/torchserve_status.h"

#include "grpc/rpc_statuses.h"
#include "grpc/services.h"

namespace gyre::grpc {
namespace {

/// The whole name of an exception of TorchServe's, which HTTP tells without its package.
std::string WholeName(const std::string& exception) {
    if (exception.empty()) return "";
    std::string package = "org.pytorch.serve.http.";
    if (exception == "DownloadArchiveException") package = "org.pytorch.serve.archive.";
    for (const char* const of_models : {"ModelException", "ModelNotFoundException",
                                        "ModelVersionNotFoundException", "InvalidModelException"}) {
        if (exception == of_models) package = "org.pytorch.serve.archive.model.";
    }
    return package + exception;
}

}  // namespace

net::RpcStatus TorchServeError::Status() const {
    return {code, exception.empty() ? text : text + "\n" + exception};
}

TorchServeError TorchServeErrorOf(const net::Response& response) {
    TorchServeError error{.code = RpcCodeOf(response.status),
                          .text = ErrorText(response, "message"),
                          .exception = {}};
    const std::string type = ErrorText(response, "type");
    if (type == "InvalidKeyException") {  // HTTP says 400
        error.code = net::RpcCode::kPermissionDenied;
    } else if (response.status == 405) {  // a model API that is off
        error = {.code = net::RpcCode::kPermissionDenied,
                 .text = "Model API disabled",
                 .exception = WholeName("ModelException")};
    } else if (type != response.body) {
        error.exception = WholeName(type);
    }
    return error;
}

TorchServeError PredictionErrorOf(const net::Response& response) {
    TorchServeError error = TorchServeErrorOf(response);
    const std::string type = ErrorText(response, "type");
    if (type == "ModelNotFoundException" || type == "ModelVersionNotFoundException") {
        error.code = net::RpcCode::kInternal;
    } else if (type == "ServiceUnavailableException") {
        error.code = net::RpcCode::kInternal;
        error.exception = "InternalServerException.()";  // so it is there
    }
    return error;
}

std::string TorchServePath(std::string path, std::string_view model, std::string_view version) {
    path += "/" + net::PercentEncode(model);
    if (!version.empty()) path += "/" + net::PercentEncode(version);
    return path;
}

}  // namespace gyre::grpc
