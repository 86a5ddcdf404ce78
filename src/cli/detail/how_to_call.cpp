#include "cli/detail/how_to_call.h"

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

namespace gyre::cli::detail {
namespace {

using core::Json;

constexpr int64_t kMostInLine = 16;  // numbers that a shown JSON body may have

// "input FP32 [-1,4]" for each.
std::string TensorsOf(const Json& ready, std::string_view member) {
    std::string text;
    const Json* tensors = core::JsonFind(ready, member);
    if (tensors == nullptr || !tensors->is_array()) return text;
    for (const Json& tensor : tensors->as_array()) {
        if (!text.empty()) text += ", ";
        text += core::JsonStringOr(tensor, "name") + " " + core::JsonStringOr(tensor, "type") +
                " " + core::JsonStringOr(tensor, "shape");
    }
    return text;
}

// The shape of one row: the first dimension is the batch. Nothing where another is not fixed.
std::optional<std::vector<int64_t>> OneRow(const std::string& shape) {
    const auto json = core::ParseJson(shape);
    if (!json || !json->is_array() || json->as_array().empty()) return std::nullopt;
    std::vector<int64_t> row;
    for (const Json& dimension : json->as_array()) {
        if (!dimension.is_int64()) return std::nullopt;
        row.push_back(dimension.as_int64());
    }
    if (row.front() < 0) row.front() = 1;
    if (std::ranges::any_of(row, [](int64_t size) { return size <= 0; })) return std::nullopt;
    return row;
}

std::string Zeros(std::span<const int64_t> shape) {
    if (shape.empty()) return "0";
    std::string text = "[";
    for (int64_t i = 0; i < shape.front(); ++i) {
        text += (i > 0 ? ", " : "") + Zeros(shape.subspan(1));
    }
    return text + "]";
}

// numpy's name of a type of the KServe protocol.
std::string NumpyType(const std::string& type) {
    constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
        {"FP64", "float64"}, {"FP16", "float16"}, {"INT64", "int64"}, {"INT32", "int32"},
        {"INT16", "int16"},  {"INT8", "int8"},    {"UINT8", "uint8"}, {"BOOL", "bool"}};
    for (const auto& [name, numpy] : kTypes) {
        if (type == name) return std::string(numpy);
    }
    return "float32";
}

std::string Command(const std::string& endpoint, const Json& ready) {
    const Json* inputs = core::JsonFind(ready, "inputs");
    if (inputs != nullptr && inputs->is_array() && inputs->as_array().size() == 1) {
        const Json& input = inputs->as_array().front();
        if (const auto row = OneRow(core::JsonStringOr(input, "shape"))) {
            int64_t numbers = 1;
            std::string shape;
            for (const int64_t size : *row) {
                numbers = std::min(numbers * size, kMostInLine + 1);
                shape += std::to_string(size) + ",";
            }
            if (numbers <= kMostInLine) {
                return "  gyre invoke " + endpoint + " --body '" + Zeros(*row) + "'\n";
            }
            return "  python3 -c 'import numpy; numpy.save(\"x.npy\", numpy.zeros((" + shape +
                   "), \"" + NumpyType(core::JsonStringOr(input, "type")) +
                   "\"))'\n  gyre invoke " + endpoint + " x.npy\n";
        }
    }
    return "  gyre invoke " + endpoint + " FILE          # .json, .npy, .csv, .jpg, …\n";
}

}  // namespace

std::string HowToCall(const std::string& endpoint, const Json& ready) {
    std::string text;
    if (!ready.is_null()) {
        text += "runs on   " + core::JsonStringOr(ready, "platform");
        if (const std::string precision = core::JsonStringOr(ready, "precision");
            !precision.empty()) {
            text += ", " + precision;
        }
        text += '\n';
        if (const std::string inputs = TensorsOf(ready, "inputs"); !inputs.empty()) {
            text += "takes     " + inputs + "\n";
        }
        if (const std::string outputs = TensorsOf(ready, "outputs"); !outputs.empty()) {
            text += "gives     " + outputs + "\n";
        }
    }
    text += "Call it:\n" + Command(endpoint, ready);
    text +=
        "or, after eval \"$(gyre env)\", with any AWS client:\n"
        "  boto3.client(\"sagemaker-runtime\").invoke_endpoint(\n"
        "      EndpointName=\"" +
        endpoint + "\", ContentType=\"application/json\", Body=…)\n";
    return text;
}

}  // namespace gyre::cli::detail
