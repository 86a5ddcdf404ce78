#include "serving/kserve/v2_documents.h"

#include <boost/json.hpp>

#include <algorithm>

namespace gyre::serving::kserve {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

/// A host writes a shape as text, "[-1,3,224,224]".
JsonArray ShapeIn(const Json& tensor) {
    auto shape = core::ParseJson(core::JsonStringOr(tensor, "shape"));
    return shape && shape->is_array() ? std::move(shape->get_array()) : JsonArray{};
}

JsonArray Tensors(const Json& model, std::string_view member) {
    JsonArray all;
    const Json* tensors = core::JsonFind(model, member);
    if (tensors == nullptr || !tensors->is_array()) return all;
    for (const Json& tensor : tensors->get_array()) {
        all.push_back(JsonObject{{"name", core::JsonStringOr(tensor, "name")},
                                 {"datatype", core::JsonStringOr(tensor, "type")},
                                 {"shape", ShapeIn(tensor)}});
    }
    return all;
}

/// "TYPE_FP32", and dimensions without the batch's where requests share batches.
JsonArray ConfigTensors(const Json& model, std::string_view member, bool batches) {
    JsonArray all;
    for (Json& tensor : Tensors(model, member)) {
        JsonArray dims = tensor.at("shape").get_array();
        if (batches && !dims.empty()) dims.erase(dims.begin());
        all.push_back(JsonObject{{"name", tensor.at("name")},
                                 {"data_type", "TYPE_" + core::JsonStringOr(tensor, "datatype")},
                                 {"dims", std::move(dims)}});
    }
    return all;
}

JsonObject Duration(uint64_t count, uint64_t ns) {
    return {{"count", count}, {"ns", ns}};
}
JsonObject Duration(const RunStatistics::Time& time) {
    return Duration(time.count, time.ns);
}

}  // namespace

Json ServerMetadata(const std::string& version) {
    return JsonObject{
        {"name", "gyre"},
        {"version", version},
        {"extensions", JsonArray{"binary_tensor_data", "classification", "logging",
                                 "model_configuration", "model_repository", "statistics"}}};
}

Json ModelMetadata(const std::string& name, const Json& model) {
    return JsonObject{{"name", name},
                      {"versions", JsonArray{kVersion}},
                      {"platform", core::JsonStringOr(model, "platform")},
                      {"inputs", Tensors(model, "inputs")},
                      {"outputs", Tensors(model, "outputs")}};
}

Json ModelConfiguration(const std::string& name, const Json& model) {
    const bool batches = core::JsonBool(model, "batches").value_or(false);
    const int64_t rows = core::JsonInt(model, "max_batch_rows").value_or(1);
    JsonObject config{{"name", name},
                      {"platform", core::JsonStringOr(model, "platform")},
                      {"backend", core::JsonStringOr(model, "platform")},
                      {"max_batch_size", batches ? rows : 0},
                      {"input", ConfigTensors(model, "inputs", batches)},
                      {"output", ConfigTensors(model, "outputs", batches)}};
    if (batches) {
        const double delay = core::JsonDouble(model, "max_batch_delay_ms").value_or(0);
        config["dynamic_batching"] =
            JsonObject{{"preferred_batch_size", JsonArray{rows}},
                       {"max_queue_delay_microseconds", static_cast<int64_t>(delay * 1000)}};
    }
    return config;
}

Json ModelStatistics(const std::string& name, const RunStatistics& statistics) {
    RunStatistics::Time batches;
    JsonArray sizes;
    for (const auto& [size, time] : statistics.by_size) {
        batches += time;
        // What a batch costs is measured as a whole: laying out and writing are within.
        sizes.push_back(JsonObject{{"batch_size", size},
                                   {"compute_input", Duration(time.count, 0)},
                                   {"compute_infer", Duration(time)},
                                   {"compute_output", Duration(time.count, 0)}});
    }
    return JsonObject{{"name", name},
                      {"version", kVersion},
                      {"last_inference", statistics.last_ms},
                      {"inference_count", statistics.success.count},
                      {"execution_count", batches.count},
                      {"inference_stats", JsonObject{{"success", Duration(statistics.success)},
                                                     {"fail", Duration(statistics.failed)},
                                                     {"queue", Duration(statistics.queue)},
                                                     {"compute_input", Duration(batches.count, 0)},
                                                     {"compute_infer", Duration(batches)},
                                                     {"compute_output", Duration(batches.count, 0)},
                                                     {"cache_hit", Duration(0, 0)},
                                                     {"cache_miss", Duration(0, 0)}}},
                      {"batch_stats", std::move(sizes)}};
}

bool IsReady(const EndpointRoute& route) {
    return route.in_service && std::ranges::any_of(route.variants, [](const VariantRoute& variant) {
               return variant.HasHost();
           });
}

Json IndexEntry(const EndpointRoute& route) {
    JsonObject entry{{"name", route.name}, {"version", kVersion}};
    if (IsReady(route)) {
        entry["state"] = "READY";
    } else {
        const bool loading = route.in_service || route.status == "Creating";
        entry["state"] = loading ? "LOADING" : "UNAVAILABLE";
        entry["reason"] = route.status == kUnloadedStatus
                              ? route.status  // Triton's word
                              : "the endpoint's status is " + route.status;
    }
    return entry;
}

}  // namespace gyre::serving::kserve
