#include "grpc/kserve_inference.h"

#include <charconv>

#include "grpc/inference_wire.h"
#include "grpc/ordered_stream.h"
#include "grpc/rpc_statuses.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using core::Result;
using net::Response;
using net::RpcCode;

constexpr const char* kJsonLength = "Inference-Header-Content-Length";

size_t JsonBytesOf(const Response& response) {
    const auto given = response.headers.Find(kJsonLength);
    if (!given) return response.body.size();
    size_t bytes = 0;
    std::from_chars(given->data(), given->data() + given->size(), bytes);
    return std::min(bytes, response.body.size());
}

}  // namespace

void AskForInference(const net::Handler& face, const net::RpcCall& call, std::string_view message,
                     bool in_stream, std::function<void(Result<std::string>, RpcCode)> done) {
    auto body = ReadInferRequest(message);
    if (!body) return done(core::Fail(body.error()), RpcCodeOf(body.error().code));
    std::string path = "/v2/models/" + net::PercentEncode(body->model);
    if (!body->version.empty()) path += "/versions/" + net::PercentEncode(body->version);
    InnerRequest request =
        RequestFor(call, "POST", std::move(path) + "/infer", std::move(body->body));
    request.headers.Set(kJsonLength, std::to_string(body->json_bytes));
    AskFace(
        face, std::move(request), [in_stream, done = std::move(done)](const Response& response) {
            const RpcCode code = RpcCodeOf(response.status);
            if (code != RpcCode::kOk) {
                return done(core::Fail(core::Code::kInternal, ErrorText(response, "error")), code);
            }
            auto answer = WriteInferResponse(response.body, JsonBytesOf(response), in_stream);
            const RpcCode result = answer ? RpcCode::kOk : RpcCode::kInternal;
            done(std::move(answer), result);
        });
}

void ServeInferenceStream(const net::Handler& face, const Call& call) {
    ServeInOrder(
        call, [face, call](const std::string& message, std::function<void(std::string)> done) {
            AskForInference(face, *call, message, true,
                            [done = std::move(done)](const Result<std::string>& answer, RpcCode) {
                                std::string response;  // ModelStreamInferResponse
                                if (answer) {
                                    AppendBytes(response, 2, *answer);
                                } else {
                                    AppendBytes(response, 1, answer.error().message);
                                }
                                done(std::move(response));
                            });
        });
}

}  // namespace gyre::grpc
