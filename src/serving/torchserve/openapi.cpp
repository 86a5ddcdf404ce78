#include "serving/torchserve/openapi.h"

#include <span>
#include <vector>

namespace gyre::serving::torchserve {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr const char* kVersion = "0.12.0";  // of TorchServe, whose APIs they are

struct Operation {
    const char* path;
    const char* method;
    const char* id;  ///< operationId, as TorchServe has it
    const char* what;
    std::vector<const char*> query = {};  ///< names of optional parameters
    bool body = false;
};

const std::vector<Operation> kInference{
    {"/", "options", "apiDescription", "Get openapi description."},
    {"/ping", "get", "ping", "Get the server's health."},
    {"/predictions/{model_name}",
     "post",
     "predictions",
     "Predict with a model's default version.",
     {},
     true},
    {"/predictions/{model_name}/{model_version}",
     "post",
     "version_predictions",
     "Predict with a version of a model.",
     {},
     true},
    {"/explanations/{model_name}", "post", "explanations", "Explain a prediction.", {}, true},
    {"/invocations", "post", "invocations", "Predict, as SageMaker asks.", {"model_name"}, true},
    {"/v1/models/{model_name}:predict",
     "post",
     "kserve_v1_predict",
     "Predict, as KServe V1 asks.",
     {},
     true},
    {"/v2/models/{model_name}/infer",
     "post",
     "kserve_v2_infer",
     "Predict, as KServe V2 asks.",
     {},
     true},
};

const std::vector<Operation> kManagement{
    {"/models", "get", "listModels", "List the models.", {"limit", "next_page_token"}},
    {"/models",
     "post",
     "registerModel",
     "Register a model.",
     {"url", "model_name", "handler", "runtime", "batch_size", "max_batch_delay", "initial_workers",
      "synchronous", "response_timeout", "startup_timeout"}},
    {"/models/{model_name}",
     "get",
     "describeModel",
     "Describe a model's default version.",
     {"customized"}},
    {"/models/{model_name}",
     "put",
     "setAutoScale",
     "Set the number of a model's workers.",
     {"min_worker", "max_worker", "synchronous"}},
    {"/models/{model_name}", "delete", "unregisterModel", "Unregister a model's default version."},
    {"/models/{model_name}/{model_version}",
     "get",
     "version_describeModel",
     "Describe a version of a model, or `all` of them.",
     {"customized"}},
    {"/models/{model_name}/{model_version}",
     "put",
     "version_setAutoScale",
     "Set the number of a version's workers.",
     {"min_worker", "max_worker", "synchronous"}},
    {"/models/{model_name}/{model_version}", "delete", "version_unregisterModel",
     "Unregister a version of a model."},
    {"/models/{model_name}/{model_version}/set-default", "put", "setDefault",
     "Make a version a model's default."},
};

const std::vector<Operation> kMetrics{
    {"/metrics", "get", "metrics", "Get the metrics, in Prometheus' text format."},
};

JsonObject Parameter(std::string_view name, bool in_path) {
    return {{"in", in_path ? "path" : "query"},
            {"name", name},
            {"required", in_path},
            {"schema", JsonObject{{"type", "string"}}}};
}

JsonObject Describe(const Operation& operation) {
    JsonArray parameters;
    std::string_view path = operation.path;
    for (size_t open = path.find('{'); open != std::string_view::npos; open = path.find('{')) {
        const size_t close = path.find('}');
        parameters.push_back(Parameter(path.substr(open + 1, close - open - 1), true));
        path.remove_prefix(close + 1);
    }
    for (const char* name : operation.query) parameters.push_back(Parameter(name, false));
    const JsonObject any{
        {"*/*", JsonObject{{"schema", JsonObject{{"type", "string"}, {"format", "binary"}}}}}};
    const JsonObject json{
        {"application/json", JsonObject{{"schema", JsonObject{{"type", "object"}}}}}};
    JsonObject described{
        {"description", operation.what},
        {"operationId", operation.id},
        {"parameters", std::move(parameters)},
        {"responses",
         JsonObject{
             {"200", JsonObject{{"description", "OK"}, {"content", operation.body ? any : json}}},
             {"default", JsonObject{{"description", "An error"}, {"content", json}}}}}};
    if (operation.body) {
        described["requestBody"] = JsonObject{{"required", true}, {"content", any}};
    }
    return described;
}

void Add(std::span<const Operation> operations, JsonObject& paths) {
    for (const Operation& operation : operations) {
        Json& path = paths[operation.path];
        if (!path.is_object()) path = JsonObject();
        path.as_object()[operation.method] = Describe(operation);
    }
}

Json Document(std::string_view title, JsonObject paths) {
    return JsonObject{{"openapi", "3.0.1"},
                      {"info", JsonObject{{"title", title}, {"version", kVersion}}},
                      {"paths", std::move(paths)}};
}

}  // namespace

Json DescribeApis(Faces faces) {
    JsonObject paths;
    if (faces.inference) Add(kInference, paths);
    if (faces.management) Add(kManagement, paths);
    if (faces.metrics) Add(kMetrics, paths);
    return Document("TorchServe APIs", std::move(paths));
}

Json DescribePredictions(std::string_view model) {
    const std::string path = "/predictions/" + std::string(model);
    JsonObject paths;
    Add(std::vector<Operation>{{path.c_str(), "post", "predictions", "Predict.", {}, true}}, paths);
    return Document(model, std::move(paths));
}

}  // namespace gyre::serving::torchserve
