#include "grpc/inference_wire.h"

#include <boost/json.hpp>

#include <algorithm>
#include <bit>
#include <deque>
#include <vector>

#include "core/json.h"
#include "grpc/inference_values.h"
#include "grpc/wire.h"

namespace gyre::grpc {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;
using core::Result;

constexpr size_t kAlign = 64;
constexpr std::string_view kEmptyFinal = "triton_enable_empty_final_response";
constexpr std::string_view kBinarySize = "binary_data_size";
constexpr std::string_view kBinary = "binary_data";

tl::unexpected<core::Error> Bad(std::string why) {
    return core::Fail(core::Code::kInvalidArgument, std::move(why));
}

auto Broken() {
    return Bad("the message is no ModelInferRequest: it is broken");
}

auto BadInput(const std::string& name, const std::string& why) {
    return Bad("input '" + name + "': " + why);
}

/// An InferParameter.
Json ParameterOf(std::string_view message) {
    Json value;
    WireReader fields(message);
    while (fields.Next()) {
        switch (fields.Number()) {
            case 1:
                value = fields.Value() != 0;
                break;
            case 2:
                value = static_cast<int64_t>(fields.Value());
                break;
            case 3:
                value = std::string_view(fields.Bytes());
                break;
            case 4:
                value = std::bit_cast<double>(fields.Value());
                break;
            case 5:
                value = fields.Value();
                break;
            default:
                break;
        }
    }
    return value;
}

/// An entry of a map of InferParameters.
void AddParameter(JsonObject& parameters, std::string_view entry) {
    std::string_view key;
    std::string_view value;
    WireReader fields(entry);
    while (fields.Next()) {
        if (fields.Number() == 1) key = fields.Bytes();
        if (fields.Number() == 2) value = fields.Bytes();
    }
    parameters[key] = ParameterOf(value);
}

core::Status AddDimensions(JsonArray& shape, const WireReader& field) {
    if (field.WireType() == WireReader::Type::kVarint) {
        shape.emplace_back(static_cast<int64_t>(field.Value()));
        return {};
    }
    std::string_view packed = field.Bytes();
    while (!packed.empty()) {
        uint64_t size = 0;
        if (!TakeVarint(packed, size)) return Broken();
        shape.emplace_back(static_cast<int64_t>(size));
    }
    return {};
}

struct Input {
    std::string name;
    std::string datatype;
    JsonArray shape;
    JsonObject parameters;
    bool has_contents = false;
    std::string_view contents;
};

Result<Input> ReadInput(std::string_view message) {
    Input input;
    WireReader fields(message);
    while (fields.Next()) {
        switch (fields.Number()) {
            case 1:
                input.name = fields.Bytes();
                break;
            case 2:
                input.datatype = fields.Bytes();
                break;
            case 3:
                GYRE_TRY(AddDimensions(input.shape, fields));
                break;
            case 4:
                AddParameter(input.parameters, fields.Bytes());
                break;
            case 5:
                input.has_contents = true;
                input.contents = fields.Bytes();
                break;
            default:
                break;
        }
    }
    if (fields.Broken()) return Broken();
    return input;
}

Result<Json> ReadOutput(std::string_view message) {
    std::string name;
    JsonObject parameters;
    WireReader fields(message);
    while (fields.Next()) {
        if (fields.Number() == 1) name = fields.Bytes();
        if (fields.Number() == 2) AddParameter(parameters, fields.Bytes());
    }
    if (fields.Broken()) return Broken();
    parameters[kBinary] = true;
    return JsonObject{{"name", name}, {"parameters", std::move(parameters)}};
}

/// Everything of a request, before its body is put together.
struct Request {
    InferenceBody body;
    std::string id;
    JsonObject parameters;
    std::vector<Input> inputs;
    JsonArray outputs;
    std::vector<std::string_view> raw;
};

Result<Request> ReadRequest(std::string_view message) {
    Request request;
    WireReader fields(message);
    while (fields.Next()) {
        switch (fields.Number()) {
            case 1:
                request.body.model = fields.Bytes();
                break;
            case 2:
                request.body.version = fields.Bytes();
                break;
            case 3:
                request.id = fields.Bytes();
                break;
            case 4:
                AddParameter(request.parameters, fields.Bytes());
                break;
            case 5: {
                GYRE_ASSIGN(Input input, ReadInput(fields.Bytes()));
                request.inputs.push_back(std::move(input));
                break;
            }
            case 6: {
                GYRE_ASSIGN(Json output, ReadOutput(fields.Bytes()));
                request.outputs.push_back(std::move(output));
                break;
            }
            case 7:
                request.raw.push_back(fields.Bytes());
                break;
            default:
                break;
        }
    }
    if (fields.Broken()) return Broken();
    return request;
}

bool InSharedMemory(const Input& input) {
    return input.parameters.contains("shared_memory_region");
}

/// One raw tensor for each input that is not elsewhere: those that came raw, or made of contents,
/// which `made` then holds.
Result<std::vector<std::string_view>> Values(const Request& request,
                                             std::vector<std::string>& made) {
    size_t wanted = 0;
    for (const Input& input : request.inputs) {
        if (InSharedMemory(input)) continue;
        ++wanted;
        if (!request.raw.empty() && input.has_contents) {
            return BadInput(input.name,
                            "contents field must not be specified when using raw_input_contents");
        }
    }
    if (!request.raw.empty()) {
        if (request.raw.size() != wanted) {
            return Bad("expected " + std::to_string(wanted) +
                       " raw_input_contents, one for each "
                       "input, and got " +
                       std::to_string(request.raw.size()));
        }
        return request.raw;
    }
    made.reserve(wanted);  // views point into it
    std::vector<std::string_view> values;
    for (const Input& input : request.inputs) {
        if (InSharedMemory(input)) continue;
        const ValueType* const type = FindValueType(input.datatype);
        if (type == nullptr) {
            return BadInput(input.name, "the datatype \"" + input.datatype + "\" is not known");
        }
        auto raw = RawOfContents(*type, input.contents);
        if (!raw) return BadInput(input.name, raw.error().message);
        made.push_back(std::move(*raw));
        values.emplace_back(made.back());
    }
    return values;
}

void AppendParameter(std::string& out, uint32_t field, std::string_view key, const Json& value) {
    std::string parameter;
    if (value.is_bool()) {
        AppendNumber(parameter, 1, value.get_bool() ? 1 : 0);
    } else if (value.is_int64()) {
        AppendNumber(parameter, 2, static_cast<uint64_t>(value.get_int64()));
    } else if (value.is_uint64()) {
        AppendNumber(parameter, 5, value.get_uint64());
    } else if (value.is_string()) {
        AppendBytes(parameter, 3, value.get_string());
    } else {
        AppendBytes(parameter, 3, core::JsonText(value));
    }
    std::string entry;
    AppendBytes(entry, 1, key);
    AppendBytes(entry, 2, parameter);
    AppendBytes(out, field, entry);
}

std::string_view TextIn(const Json& json, std::string_view member) {
    return core::JsonString(json, member).value_or("");
}

tl::unexpected<core::Error> NoAnswer(const std::string& why) {
    return core::Fail(core::Code::kInternal, "the model's answer is no inference response: " + why);
}

/// One output without its values, and those: binary data of `rest`, or made of JSON, which `made`
/// then holds.
core::Status ReadAnswer(const Json& output, std::string_view& rest, std::string& message,
                        std::string_view& raw, std::deque<std::string>& made) {
    AppendBytes(message, 1, TextIn(output, "name"));
    AppendBytes(message, 2, TextIn(output, "datatype"));
    if (const Json* shape = core::JsonFind(output, "shape"); shape && shape->is_array()) {
        std::string sizes;
        for (const Json& size : shape->get_array()) {
            AppendVarint(sizes, static_cast<uint64_t>(size.is_int64() ? size.get_int64() : 0));
        }
        AppendBytes(message, 3, sizes);
    }
    int64_t size = -1;
    if (const Json* parameters = core::JsonFind(output, "parameters");
        parameters != nullptr && parameters->is_object()) {
        size = core::JsonInt(*parameters, kBinarySize).value_or(-1);
        for (const auto& [key, value] : parameters->get_object()) {
            if (key != kBinarySize) AppendParameter(message, 4, key, value);
        }
    }
    if (size >= 0) {
        if (static_cast<uint64_t>(size) > rest.size()) return NoAnswer("it ends too early");
        raw = rest.substr(0, static_cast<size_t>(size));
        rest.remove_prefix(static_cast<size_t>(size));
        return {};
    }
    const Json* const data = core::JsonFind(output, "data");
    const ValueType* const type = FindValueType(TextIn(output, "datatype"));
    if (data == nullptr || type == nullptr) return NoAnswer("an output has no values");
    auto values = RawOfJson(*type, *data);
    if (!values) return NoAnswer(values.error().message);
    raw = made.emplace_back(std::move(*values));
    return {};
}

}  // namespace

Result<InferenceBody> ReadInferRequestAsJson(std::string_view message) {
    GYRE_ASSIGN(Request request, ReadRequest(message));
    std::vector<std::string> made;
    GYRE_ASSIGN(const auto values, Values(request, made));
    JsonArray inputs;
    size_t next = 0;
    for (Input& input : request.inputs) {
        const ValueType* const type = FindValueType(input.datatype);
        if (type == nullptr || InSharedMemory(input)) {
            return BadInput(input.name, "its values cannot be said in JSON");
        }
        auto data = JsonOfRaw(*type, values[next++]);
        if (!data) return BadInput(input.name, data.error().message);
        inputs.push_back(JsonObject{{"name", input.name},
                                    {"shape", std::move(input.shape)},
                                    {"datatype", input.datatype},
                                    {"data", std::move(*data)}});
    }
    request.body.body = core::JsonText(JsonObject{
        {"id", request.id}, {"model_name", request.body.model}, {"inputs", std::move(inputs)}});
    request.body.json_bytes = request.body.body.size();
    return std::move(request.body);
}

Result<InferenceBody> ReadInferRequest(std::string_view message) {
    GYRE_ASSIGN(Request request, ReadRequest(message));
    std::vector<std::string> made;
    GYRE_ASSIGN(const auto values, Values(request, made));
    request.parameters.erase(kEmptyFinal);  // every answer in a stream says it
    request.parameters["binary_data_output"] = true;
    JsonObject json;
    if (!request.id.empty()) json["id"] = request.id;
    json["parameters"] = std::move(request.parameters);
    JsonArray inputs;
    size_t next = 0;
    size_t bytes = 0;
    for (Input& input : request.inputs) {
        if (!InSharedMemory(input)) {
            input.parameters[kBinarySize] = values[next].size();
            bytes += values[next++].size();
        }
        inputs.push_back(JsonObject{{"name", input.name},
                                    {"datatype", input.datatype},
                                    {"shape", std::move(input.shape)},
                                    {"parameters", std::move(input.parameters)}});
    }
    json["inputs"] = std::move(inputs);
    if (!request.outputs.empty()) json["outputs"] = std::move(request.outputs);

    InferenceBody& body = request.body;
    const std::string text = core::JsonText(json);
    body.json_bytes = (text.size() + kAlign - 1) / kAlign * kAlign;
    body.body.reserve(body.json_bytes + bytes);
    body.body = text;
    body.body.resize(body.json_bytes, ' ');
    for (const std::string_view value : values) body.body += value;
    return std::move(request.body);
}

Result<std::string> WriteInferResponse(std::string_view body, size_t json_bytes, bool final_of,
                                       AnswerValues how) {
    const auto json = core::ParseJson(body.substr(0, json_bytes));
    if (!json) return NoAnswer(json.error().message);
    const Json* const outputs = core::JsonFind(*json, "outputs");
    if (outputs == nullptr || !outputs->is_array()) return NoAnswer("it has no outputs");
    std::string_view rest = body.substr(std::min(json_bytes, body.size()));
    std::string message;
    message.reserve(body.size());
    AppendBytes(message, 1, TextIn(*json, "model_name"));
    AppendBytes(message, 2, TextIn(*json, "model_version"));
    if (const auto id = TextIn(*json, "id"); !id.empty()) AppendBytes(message, 3, id);
    if (const Json* parameters = core::JsonFind(*json, "parameters");
        parameters != nullptr && parameters->is_object()) {
        for (const auto& [key, value] : parameters->get_object()) {
            AppendParameter(message, 4, key, value);
        }
    }
    if (final_of) AppendParameter(message, 4, "triton_final_response", true);
    std::deque<std::string> made;
    std::vector<std::string_view> values;
    for (const Json& output : outputs->get_array()) {
        std::string one;
        GYRE_TRY(ReadAnswer(output, rest, one, values.emplace_back(), made));
        const ValueType* const type = FindValueType(TextIn(output, "datatype"));
        if (how == AnswerValues::kTyped && type != nullptr && type->contents != 0) {
            auto contents = ContentsOfRaw(*type, values.back());
            if (!contents) return NoAnswer(contents.error().message);
            AppendBytes(one, 5, *contents);
            values.pop_back();
        }
        AppendBytes(message, 5, one);
    }
    for (const std::string_view raw : values) AppendBytes(message, 6, raw);
    return message;
}

}  // namespace gyre::grpc
