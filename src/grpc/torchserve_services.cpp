#include "grpc/torchserve_services.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "core/ascii.h"
#include "core/json.h"
#include "grpc/ordered_stream.h"
#include "grpc/rpc_statuses.h"
#include "grpc/torchserve_status.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using core::Json;
using core::Result;
using net::Response;
using net::RpcCode;
using net::RpcStatus;

constexpr const char* kInference = "org.pytorch.serve.grpc.inference.InferenceAPIsService";
constexpr const char* kManagement = "org.pytorch.serve.grpc.management.ManagementAPIsService";
constexpr const char* kSequenceId = "ts_request_sequence_id";
constexpr std::string_view kSequenceMarks[] = {"ts_request_sequence_start",
                                               "ts_request_sequence_end"};

/// A PredictionsRequest. Views point into the message.
struct Question {
    std::string_view model;
    std::string_view version;
    std::vector<std::pair<std::string_view, std::string_view>> inputs;
    std::optional<std::string_view> sequence;
};

tl::expected<Question, TorchServeError> ReadQuestion(std::string_view message) {
    const auto broken = [](const char* why) {
        return tl::unexpected(
            TorchServeError{.code = RpcCode::kInvalidArgument, .text = why, .exception = {}});
    };
    Question question;
    WireReader fields(message);
    while (fields.Next()) {
        if (fields.Number() == 1) question.model = fields.Bytes();
        if (fields.Number() == 2) question.version = fields.Bytes();
        if (fields.Number() == 4) question.sequence = fields.Bytes();
        if (fields.Number() != 3) continue;
        auto& [name, value] = question.inputs.emplace_back();
        WireReader entry(fields.Bytes());
        while (entry.Next()) {
            if (entry.Number() == 1) name = entry.Bytes();
            if (entry.Number() == 2) value = entry.Bytes();
        }
        if (entry.Broken() || name.find_first_of("\"\r\n;") != std::string_view::npos) {
            return broken("an input's name may not hold quotes, semicolons or line ends");
        }
    }
    if (fields.Broken()) return broken("the message is no PredictionsRequest");
    if (question.model.empty()) {
        return tl::unexpected(TorchServeError{.code = RpcCode::kInternal,
                                              .text = "Parameter model_name is required.",
                                              .exception = "BadRequestException.()"});
    }
    return question;
}

/// The inputs as multipart/form-data (RFC 7578). The boundary is made of the request's id, which no
/// client can know before it sends.
void SetForm(const Question& question, InnerRequest& request) {
    const std::string boundary = "gyre-" + request.request_id;
    request.headers.Set("Content-Type", "multipart/form-data; boundary=" + boundary);
    size_t bytes = 0;
    for (const auto& [name, value] : question.inputs) bytes += name.size() + value.size() + 200;
    std::string& body = request.body;
    body.reserve(bytes + 100);
    for (const auto& [name, value] : question.inputs) {
        body.append("--").append(boundary);
        body.append("\r\nContent-Disposition: form-data; name=\"").append(name);
        body.append("\"\r\nContent-Type: application/octet-stream\r\n\r\n").append(value);
        body.append("\r\n");
    }
    body.append("--").append(boundary).append("--\r\n");
}

InnerRequest PredictionFor(const net::RpcCall& call, const Question& question) {
    InnerRequest request =
        RequestFor(call, "POST", TorchServePath("/predictions", question.model, question.version));
    SetForm(question, request);
    if (question.sequence && !question.sequence->empty()) {
        request.headers.Set(kSequenceId, std::string(*question.sequence));
    }
    // gRPC's clients say as inputs what HTTP's say in headers.
    for (const auto& [name, value] : question.inputs) {
        if (std::ranges::find(kSequenceMarks, name) == std::end(kSequenceMarks)) continue;
        if (core::AsciiLower(value) == "true") request.headers.Set(std::string(name), "true");
    }
    return request;
}

std::string Predicted(std::string_view prediction,
                      std::optional<std::string_view> sequence = std::nullopt) {
    std::string message;
    if (!prediction.empty()) AppendBytes(message, 1, prediction);
    if (sequence) AppendBytes(message, 2, *sequence);
    return message;
}

void Predict(const net::Handler& face, const Call& call, const std::string& message) {
    const auto question = ReadQuestion(message);
    if (!question) return call->Finish(question.error().Status());
    AskFace(face, PredictionFor(*call, *question), [call](const Response& response) {
        if (response.status >= 300) return call->Finish(PredictionErrorOf(response).Status());
        call->Answer(Predicted(response.body));
    });
}

void PredictInParts(const net::Handler& face, const Call& call, const std::string& message) {
    const auto question = ReadQuestion(message);
    if (!question) return call->Finish(question.error().Status());
    AskFace(
        face, PredictionFor(*call, *question),
        [call](const Response& response) {
            if (response.status >= 300) return call->Finish(PredictionErrorOf(response).Status());
            if (!response.body.empty()) call->Write(Predicted(response.body));
            call->Finish({});
        },
        [call](const std::string& piece) { call->Write(Predicted(piece)); });
}

/// An answer of a stream that is an error.
std::string Refused(const TorchServeError& error, std::optional<std::string_view> sequence) {
    std::string status;  // google.rpc.Status
    AppendNumber(status, 1, static_cast<uint64_t>(error.code));
    AppendBytes(status, 2, error.text);
    if (!error.exception.empty()) {
        std::string info;
        AppendBytes(info, 1, error.exception);
        std::string any;
        AppendBytes(any, 1, "type.googleapis.com/google.rpc.ErrorInfo");
        AppendBytes(any, 2, info);
        AppendBytes(status, 3, any);
    }
    std::string answer = Predicted({}, sequence);
    AppendBytes(answer, 3, status);
    return answer;
}

/// Each request of a stream has its own outcome, in its answer's status.
void PredictInOrder(const net::Handler& face, const Call& call) {
    ServeInOrder(
        call, [face, call](const std::string& message, std::function<void(std::string)> done) {
            const auto question = ReadQuestion(message);
            if (!question) return done(Refused(question.error(), std::nullopt));
            std::optional<std::string> sequence;
            if (question->sequence && !question->sequence->empty()) {
                sequence.emplace(*question->sequence);
            }
            AskFace(face, PredictionFor(*call, *question),
                    [done = std::move(done), sequence](const Response& response) mutable {
                        const std::string given(response.headers.Get(kSequenceId));
                        if (!sequence && !given.empty()) sequence = given;  // of one that begins
                        done(response.status >= 300 ? Refused(PredictionErrorOf(response), sequence)
                                                    : Predicted(response.body, sequence));
                    });
        });
}

/// A method of the management API: its request over HTTP.
using ManagementRequest = std::function<void(const Json& question, InnerRequest& request)>;

std::string OfModel(const Json& question) {
    return TorchServePath("/models", core::JsonStringOr(question, "model_name"),
                          core::JsonStringOr(question, "model_version"));
}

/// Numbers that are set (0 is not), as parameters of those names.
void AddNumbers(const Json& question, std::initializer_list<const char*> names,
                std::string& query) {
    for (const char* const name : names) {
        const int64_t value = core::JsonInt(question, name).value_or(0);
        if (value == 0) continue;
        query += (query.empty() ? "" : "&") + std::string(name) + "=" + std::to_string(value);
    }
}

void AddSynchronous(const Json& question, std::string& query) {
    query += query.empty() ? "synchronous=" : "&synchronous=";
    query += core::JsonBool(question, "synchronous").value_or(false) ? "true" : "false";
}

void Register(const Json& question, InnerRequest& request) {
    request.method = "POST";
    request.path = "/models";
    for (const char* const name : {"url", "model_name", "handler", "runtime"}) {
        const std::string value = core::JsonStringOr(question, name);
        if (value.empty()) continue;
        request.query += (request.query.empty() ? "" : "&") + std::string(name) + "=" +
                         net::PercentEncode(value);
    }
    AddNumbers(
        question,
        {"batch_size", "max_batch_delay", "initial_workers", "response_timeout", "startup_timeout"},
        request.query);
    AddSynchronous(question, request.query);
}

struct ManagementMethod {
    const char* name;
    ManagementRequest request;
    bool says_status = false;  ///< its answer is the text of the HTTP answer's "status" alone
};

std::vector<ManagementMethod> ManagementMethods() {
    return {
        {"DescribeModel",
         [](const Json& question, InnerRequest& request) {
             request.path = OfModel(question);
             if (core::JsonBool(question, "customized").value_or(false)) {
                 request.query = "customized=true";
             }
         }},
        {"ListModels",
         [](const Json& question, InnerRequest& request) {
             request.path = "/models";
             AddNumbers(question, {"limit", "next_page_token"}, request.query);
         }},
        {"RegisterModel", Register, true},
        {"ScaleWorker",
         [](const Json& question, InnerRequest& request) {
             request.method = "PUT";
             request.path = OfModel(question);
             AddNumbers(question, {"min_worker", "max_worker"}, request.query);
             AddSynchronous(question, request.query);
         },
         true},
        {"SetDefault",
         [](const Json& question, InnerRequest& request) {
             request.method = "PUT";
             request.path = OfModel(question) + "/set-default";
         },
         true},
        {"UnregisterModel",
         [](const Json& question, InnerRequest& request) {
             request.method = "DELETE";
             request.path = OfModel(question);
         },
         true},
    };
}

}  // namespace

void AddTorchServeInference(Services& services, net::Handler face) {
    services.AddUnary(kInference, "Ping", [face](const Call& call, const std::string&) {
        AskFace(face, RequestFor(*call, "GET", "/ping"), [call](const Response& response) {
            std::string message;
            AppendBytes(message, 1, response.body);
            call->Answer(std::move(message));
        });
    });
    services.AddUnary(
        kInference, "Predictions",
        [face](const Call& call, const std::string& message) { Predict(face, call, message); });
    services.AddUnary(kInference, "StreamPredictions",
                      [face](const Call& call, const std::string& message) {
                          PredictInParts(face, call, message);
                      });
    services.Add(kInference, "StreamPredictions2",
                 [face](const Call& call) { PredictInOrder(face, call); });
}

void AddTorchServeManagement(Services& services, std::shared_ptr<const Schema> schema,
                             net::Handler face) {
    for (const ManagementMethod& method : ManagementMethods()) {
        const std::string type =
            "org.pytorch.serve.grpc.management." + std::string(method.name) + "Request";
        services.AddUnary(
            kManagement, method.name,
            [schema, face, type, method](const Call& call, const std::string& message) {
                const auto question = schema->ToJson(type, message);
                if (!question) return call->Finish(RpcStatusOf(question.error()));
                InnerRequest request = RequestFor(*call, "GET", "");
                method.request(*question, request);
                AskFace(face, std::move(request), [call, method](const Response& response) {
                    if (response.status >= 300) {
                        return call->Finish(TorchServeErrorOf(response).Status());
                    }
                    std::string answer;
                    AppendBytes(answer, 1,
                                method.says_status ? ErrorText(response, "status") : response.body);
                    call->Answer(std::move(answer));
                });
            });
    }
}

}  // namespace gyre::grpc
