#include "grpc/kserve_services.h"

#include <boost/json.hpp>

#include "core/json.h"
#include "grpc/kserve_inference.h"
#include "grpc/rpc_statuses.h"

namespace gyre::grpc {
namespace {

using core::Json;
using core::JsonObject;
using net::Response;
using net::RpcCode;

constexpr const char* kService = "inference.GRPCInferenceService";

std::string ModelPath(const Json& question, std::string_view verb) {
    std::string path = "/v2/models/" + net::PercentEncode(core::JsonStringOr(question, "name"));
    const std::string version = core::JsonStringOr(question, "version");
    if (!version.empty()) path += "/versions/" + net::PercentEncode(version);
    if (!verb.empty()) path.append("/").append(verb);
    return path;
}

std::string RepositoryPath(const Json& question, std::string_view verb) {
    return "/v2/repository/models/" +
           net::PercentEncode(core::JsonStringOr(question, "model_name")) + "/" + std::string(verb);
}

std::string RegionPath(std::string_view kind, const Json& question, std::string_view verb) {
    const std::string name = core::JsonStringOr(question, "name");
    std::string path = "/v2/" + std::string(kind) + "sharedmemory";
    if (!name.empty()) path += "/region/" + net::PercentEncode(name);
    return path.append("/").append(verb);
}

/// A method that is a question in JSON: what it asks the HTTP face, and what its answer is of that.
struct Question {
    const char* method;
    const char* http_method;
    std::function<std::string(const Json& question)> path;
    /// Of a 200's body; "" counts as an object without members.
    std::function<Json(Json body)> answer;
    /// Whether any status is an answer: of methods that ask whether something is ready.
    const char* truth = nullptr;
    /// The request's body; null for none.
    std::function<Json(const Json& question)> body;
};

Json AsItIs(Json body) {
    return body;
}
Json Nothing(const Json&) {
    return JsonObject{};
}

/// A log setting's one value, of a oneof: {"bool_param": true} is true.
Json LogSettingsAsked(const Json& question) {
    JsonObject asked;
    const Json* const settings = core::JsonFind(question, "settings");
    if (settings == nullptr || !settings->is_object()) return asked;
    for (const auto& [name, value] : settings->get_object()) {
        const bool one = value.is_object() && value.get_object().size() == 1;
        asked[name] = one ? value.get_object().begin()->value() : Json(nullptr);
    }
    return asked;
}
Json LogSettingsAnswered(const Json& body) {
    JsonObject settings;
    for (const auto& [name, value] : body.get_object()) {
        const char* const kind = value.is_bool()     ? "bool_param"
                                 : value.is_string() ? "string_param"
                                                     : "uint32_param";
        settings[name] = JsonObject{{kind, value}};
    }
    return JsonObject{{"settings", std::move(settings)}};
}

/// A trace setting is a list of texts, of which only trace_level's stays one in HTTP.
Json TraceSettingsAsked(const Json& question) {
    JsonObject asked;
    const Json* const settings = core::JsonFind(question, "settings");
    if (settings == nullptr || !settings->is_object()) return asked;
    for (const auto& [name, value] : settings->get_object()) {
        const Json* const texts = core::JsonFind(value, "value");
        if (texts == nullptr || !texts->is_array() || texts->get_array().empty()) {
            asked[name] = nullptr;
        } else {
            asked[name] = name == "trace_level" ? *texts : texts->get_array().front();
        }
    }
    return asked;
}
Json TraceSettingsAnswered(const Json& body) {
    JsonObject settings;
    for (const auto& [name, value] : body.get_object()) {
        settings[name] =
            JsonObject{{"value", value.is_array() ? value : Json(core::JsonArray{value})}};
    }
    return JsonObject{{"settings", std::move(settings)}};
}

std::vector<Question> Questions() {
    const auto model = [](const char* verb) {
        return [verb](const Json& question) { return ModelPath(question, verb); };
    };
    const auto repository = [](const char* verb) {
        return [verb](const Json& question) { return RepositoryPath(question, verb); };
    };
    const auto region = [](const char* kind, const char* verb) {
        return [kind, verb](const Json& question) { return RegionPath(kind, question, verb); };
    };
    const auto fixed = [](const char* path) { return [path](const Json&) { return path; }; };
    const auto under = [](const char* member) {
        return [member](Json body) { return JsonObject{{member, std::move(body)}}; };
    };
    return {
        {"ServerLive", "GET", fixed("/v2/health/live"), Nothing, "live"},
        {"ServerReady", "GET", fixed("/v2/health/ready"), Nothing, "ready"},
        {"ModelReady", "GET", model("ready"), Nothing, "ready"},
        {"ServerMetadata", "GET", fixed("/v2"), AsItIs},
        {"ModelMetadata", "GET", model(""), AsItIs},
        {"ModelConfig", "GET", model("config"), under("config")},
        {"ModelStatistics", "GET",
         [](const Json& question) {
             return core::JsonStringOr(question, "name").empty() ? "/v2/models/stats"
                                                                 : ModelPath(question, "stats");
         },
         AsItIs},
        {"RepositoryIndex", "POST", fixed("/v2/repository/index"), under("models"), nullptr,
         AsItIs},
        {"RepositoryModelLoad", "POST", repository("load"), Nothing, nullptr, AsItIs},
        {"RepositoryModelUnload", "POST", repository("unload"), Nothing},
        {"LogSettings", "POST", fixed("/v2/logging"), LogSettingsAnswered, nullptr,
         LogSettingsAsked},
        {"TraceSetting", "POST",
         [](const Json& question) {
             const std::string name = core::JsonStringOr(question, "model_name");
             return (name.empty() ? "/v2" : "/v2/models/" + net::PercentEncode(name)) +
                    "/trace/setting";
         },
         TraceSettingsAnswered, nullptr, TraceSettingsAsked},
        {"SystemSharedMemoryStatus", "GET", region("system", "status"), Nothing},
        {"SystemSharedMemoryRegister", "POST", region("system", "register"), Nothing},
        {"SystemSharedMemoryUnregister", "POST", region("system", "unregister"), Nothing},
        {"CudaSharedMemoryStatus", "GET", region("cuda", "status"), Nothing},
        {"CudaSharedMemoryRegister", "POST", region("cuda", "register"), Nothing},
        {"CudaSharedMemoryUnregister", "POST", region("cuda", "unregister"), Nothing},
    };
}

class Face : public std::enable_shared_from_this<Face> {
  public:
    Face(std::shared_ptr<const Schema> schema, net::Handler face)
        : schema_(std::move(schema)), face_(std::move(face)) {}

    [[nodiscard]] const std::vector<Question>& Methods() const { return methods_; }

    void Ask(const Question& question, const Call& call, std::string_view message) const {
        const std::string type = std::string("inference.") + question.method;
        auto json = schema_->ToJson(type + "Request", message);
        if (!json) return call->Finish(RpcStatusOf(json.error()));
        AskFace(face_,
                RequestFor(*call, question.http_method, question.path(*json),
                           question.body ? core::JsonText(question.body(*json)) : ""),
                [self = shared_from_this(), &question, call, type](const Response& response) {
                    self->Answer(question, *call, type + "Response", response);
                });
    }

    void Infer(const Call& call, std::string_view message) const {
        AskForInference(face_, *call, message, false,
                        [call](core::Result<std::string> answer, RpcCode code) {
                            if (!answer) return call->Finish({code, answer.error().message});
                            call->Answer(std::move(*answer));
                        });
    }

    void Stream(const Call& call) const { ServeInferenceStream(face_, call); }

  private:
    void Answer(const Question& question, net::RpcCall& call, const std::string& type,
                const Response& response) const {
        const RpcCode code = RpcCodeOf(response.status);
        const bool no = code == RpcCode::kInvalidArgument || code == RpcCode::kNotFound ||
                        code == RpcCode::kUnavailable;
        Json answer;
        if (question.truth != nullptr && (code == RpcCode::kOk || no)) {
            answer = JsonObject{{question.truth, code == RpcCode::kOk}};
        } else if (code != RpcCode::kOk) {
            return call.Finish({code, ErrorText(response, "error")});
        } else {
            auto body = response.body.empty() ? Json(JsonObject{}) : core::ParseJson(response.body);
            if (!body) return call.Finish(RpcStatusOf(body.error()));
            answer = question.answer(std::move(*body));
        }
        auto message = schema_->FromJson(type, answer);
        if (!message) return call.Finish(RpcStatusOf(message.error()));
        call.Answer(std::move(*message));
    }

    const std::shared_ptr<const Schema> schema_;
    const net::Handler face_;
    const std::vector<Question> methods_ = Questions();
};

}  // namespace

void AddKserveServices(Services& services, std::shared_ptr<const Schema> schema,
                       net::Handler face) {
    const auto kserve = std::make_shared<const Face>(std::move(schema), std::move(face));
    for (const Question& question : kserve->Methods()) {
        services.AddUnary(kService, question.method,
                          [kserve, &question](const Call& call, const std::string& message) {
                              kserve->Ask(question, call, message);
                          });
    }
    services.AddUnary(
        kService, "ModelInfer",
        [kserve](const Call& call, const std::string& message) { kserve->Infer(call, message); });
    services.Add(kService, "ModelStreamInfer",
                 [kserve](const Call& call) { kserve->Stream(call); });
}

}  // namespace gyre::grpc
