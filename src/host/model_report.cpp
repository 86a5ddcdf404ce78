#include "host/model_report.h"

#include <boost/json.hpp>

namespace gyre::host {
namespace {

using core::JsonArray;
using core::JsonObject;

JsonArray Describe(const std::vector<engine::TensorSpec>& tensors) {
    JsonArray all;
    for (const engine::TensorSpec& tensor : tensors) {
        all.push_back(JsonObject{{"name", tensor.name},
                                 {"type", engine::DataTypeName(tensor.type)},
                                 {"shape", engine::ShapeText(tensor.shape)}});
    }
    return all;
}

const char* BatchingName(engine::Batching batching) {
    switch (batching) {
        case engine::Batching::kNo:
            return "off";
        case engine::Batching::kUntried:
            return "untried";
        case engine::Batching::kYes:
            return "on";
    }
    return "";
}

const char* ChosenBy(const ModelOptions& options) {
    if (options.target_p99) return "p99 target";
    if (options.batch_size || options.batch_delay) return "environment";
    return "measurement";
}

}  // namespace

core::Json DescribeModel(const engine::Model& model, const ModelOptions& options,
                         const BatchLimits& limits) {
    const engine::ModelInfo& info = model.Info();
    JsonObject json;
    json["platform"] = info.platform;
    if (!info.precision.empty()) json["precision"] = info.precision;
    json["inputs"] = Describe(info.inputs);
    json["outputs"] = Describe(info.outputs);
    json["workers"] = model.Concurrency();
    json["streams"] = info.streams;
    json["max_batch_delay_ms"] = static_cast<double>(limits.max_delay.count()) / 1000;
    json["batching_chosen_by"] = ChosenBy(options);
    json["details"] = info.details;
    core::Json document = std::move(json);
    Refresh(document, model, limits);
    return document;
}

void Refresh(core::Json& document, const engine::Model& model, const BatchLimits& limits) {
    JsonObject& json = document.as_object();
    json["batches"] = model.BatchingNow() == engine::Batching::kYes;
    json["batching"] = BatchingName(model.BatchingNow());
    json["max_batch_rows"] = limits.max_rows;
    const engine::WorkerCounts workers = model.Workers();
    json["workers_up"] = workers.up;
    json["workers_given_up"] = workers.given_up;
}

}  // namespace gyre::host
