#include <boost/json.hpp>

#include "core/json.h"
#include "grpc/inference_wire.h"
#include "grpc/rpc_statuses.h"
#include "grpc/torchserve_services.h"
#include "grpc/torchserve_status.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using net::Response;
using net::RpcCode;

constexpr const char* kServices[] = {"org.pytorch.serve.grpc.openinference.GRPCInferenceService",
                                     "inference.GRPCInferenceService"};

/// A message with one truth in field 1.
std::string Truth(bool value) {
    std::string message;
    if (value) AppendNumber(message, 1, 1);
    return message;
}

void Infer(const net::Handler& face, const Call& call, const std::string& message) {
    auto body = ReadInferRequestAsJson(message);
    if (!body) return call->Finish(RpcStatusOf(body.error()));
    InnerRequest request =
        RequestFor(*call, "POST", TorchServePath("/predictions", body->model, body->version),
                   std::move(body->body));
    request.headers.Set("Content-Type", "application/json");
    AskFace(face, std::move(request), [call](const Response& response) {
        if (response.status >= 300) return call->Finish(PredictionErrorOf(response).Status());
        auto answer =
            WriteInferResponse(response.body, response.body.size(), false, AnswerValues::kTyped);
        if (!answer) return call->Finish(RpcStatusOf(answer.error()));
        call->Answer(std::move(*answer));
    });
}

/// A model's versions are all that TorchServe knows of it.
void Metadata(const net::Handler& management, const std::shared_ptr<const Schema>& schema,
              const Call& call, const std::string& message) {
    const std::string name = BytesOf(message, 1);
    if (name.empty()) {
        return call->Finish({RpcCode::kInvalidArgument, "Parameter model_name is required."});
    }
    AskFace(
        management, RequestFor(*call, "GET", TorchServePath("/models", name, "all")),
        [call, schema, name](const Response& response) {
            if (response.status >= 300) return call->Finish(TorchServeErrorOf(response).Status());
            JsonArray versions;
            const auto list = core::ParseJson(response.body);
            if (list && list->is_array()) {
                for (const Json& one : list->get_array()) {
                    versions.push_back(Json(core::JsonString(one, "modelVersion").value_or("")));
                }
            }
            auto answer =
                schema->FromJson("inference.ModelMetadataResponse",
                                 JsonObject{{"name", name}, {"versions", std::move(versions)}});
            if (!answer) return call->Finish(RpcStatusOf(answer.error()));
            call->Answer(std::move(*answer));
        });
}

void AddTo(Services& services, const std::string& service,
           const std::shared_ptr<const Schema>& schema, const net::Handler& inference,
           const net::Handler& management) {
    for (const char* method : {"ServerLive", "ServerReady"}) {
        services.AddUnary(service, method, [inference](const Call& call, const std::string&) {
            AskFace(inference, RequestFor(*call, "GET", "/ping"), [call](const Response& response) {
                call->Answer(Truth(response.status == 200));
            });
        });
    }
    services.AddUnary(
        service, "ModelReady", [inference](const Call& call, const std::string& message) {
            AskFace(inference,
                    RequestFor(*call, "GET", TorchServePath("/v1/models", BytesOf(message, 1), "")),
                    [call](const Response& response) {
                        if (response.status >= 300)
                            return call->Finish(TorchServeErrorOf(response).Status());
                        const auto said = core::ParseJson(response.body);
                        call->Answer(Truth(said && core::JsonBool(*said, "ready").value_or(false)));
                    });
        });
    services.AddUnary(service, "ServerMetadata", [schema](const Call& call, const std::string&) {
        auto answer = schema->FromJson("inference.ServerMetadataResponse",
                                       JsonObject{{"name", "Torchserve"}, {"version", "0.12.0"}});
        if (!answer) return call->Finish(RpcStatusOf(answer.error()));
        call->Answer(std::move(*answer));
    });
    services.AddUnary(service, "ModelMetadata",
                      [management, schema](const Call& call, const std::string& message) {
                          Metadata(management, schema, call, message);
                      });
    services.AddUnary(service, "ModelInfer",
                      [inference](const Call& call, const std::string& message) {
                          Infer(inference, call, message);
                      });
}

}  // namespace

void AddTorchServeOpenInference(Services& services, std::shared_ptr<const Schema> schema,
                                net::Handler inference, net::Handler management) {
    for (const char* service : kServices) AddTo(services, service, schema, inference, management);
}

}  // namespace gyre::grpc
