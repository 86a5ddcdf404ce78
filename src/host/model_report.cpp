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
    json["batches"] = info.batches;
    json["max_batch_rows"] = limits.max_rows;
    json["max_batch_delay_ms"] = static_cast<double>(limits.max_delay.count()) / 1000;
    json["batching_chosen_by"] = ChosenBy(options);
    json["details"] = info.details;
    return json;
}

}  // namespace gyre::host
