#include "engine/codec/inference_request.h"

#include <boost/json.hpp>

#include <cstring>
#include <limits>

#include "core/json.h"
#include "engine/codec/cast.h"
#include "engine/codec/element_types.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Json;
using core::Result;

constexpr core::JsonLimits kJson{.max_depth = 32};

auto Bad(const std::string& why) {
    return Fail(Code::kInvalidArgument, why);
}

auto BadInput(const std::string& name, const std::string& why) {
    return Bad("input '" + name + "': " + why);
}

/// How many elements, or nullopt where the product is no size of memory.
std::optional<size_t> Elements(const Shape& shape) {
    size_t count = 1;
    for (const int64_t size : shape) {
        if (size < 0) return std::nullopt;
        if (__builtin_mul_overflow(count, static_cast<size_t>(size), &count)) return std::nullopt;
    }
    if (count > std::numeric_limits<size_t>::max() / 8) return std::nullopt;
    return count;
}

Result<Shape> ShapeOf(const Json& input, const std::string& name) {
    const Json* given = core::JsonFind(input, "shape");
    if (given == nullptr || !given->is_array() || given->get_array().size() > kMostDimensions) {
        return BadInput(name, "\"shape\" must be a list of numbers");
    }
    Shape shape;
    for (const Json& size : given->get_array()) {
        if (!size.is_int64() || size.get_int64() < 0) {
            return BadInput(name, "\"shape\" must hold whole numbers of at least 0");
        }
        shape.push_back(size.get_int64());
    }
    if (!Elements(shape)) return BadInput(name, "\"shape\" is larger than any memory");
    return shape;
}

core::Status RefuseSharedMemory(const Json& tensor, const std::string& what) {
    const Json* parameters = core::JsonFind(tensor, "parameters");
    if (parameters == nullptr || core::JsonFind(*parameters, "shared_memory_region") == nullptr) {
        return {};
    }
    return Bad(what +
               " names a shared memory region, which this server does not take: send the "
               "tensor in the request, as binary data");
}

/// Values of nested or flat JSON lists, in order.
template <typename T>
core::Status Flatten(const Json& data, const std::string& name, T* values, size_t count,
                     size_t& at) {
    if (data.is_array()) {
        for (const Json& item : data.get_array()) {
            GYRE_TRY(Flatten(item, name, values, count, at));
        }
        return {};
    }
    if (at == count) return BadInput(name, "\"data\" holds more values than \"shape\" says");
    const auto wrong = [&] { return BadInput(name, "\"data\" holds what is not of its type"); };
    T& value = values[at++];
    if constexpr (std::is_same_v<T, bool>) {
        if (data.is_bool()) {
            value = data.get_bool();
        } else if (data.is_int64() && (data.get_int64() == 0 || data.get_int64() == 1)) {
            value = data.get_int64() == 1;
        } else {
            return wrong();
        }
    } else if constexpr (std::is_integral_v<T>) {
        boost::system::error_code error;
        value = data.to_number<T>(error);
        if (error) return wrong();
    } else {
        if (!data.is_number()) return wrong();
        value = T(data.to_number<double>());
    }
    return {};
}

/// The list is known to hold as many values as the shape wants.
Result<Tensor> ReadList(const Json& data, const std::string& name, DataType type,
                        const Shape& shape) {
    Tensor tensor(type, shape);
    const auto count = static_cast<size_t>(ElementCount(shape));
    size_t at = 0;
    GYRE_TRY(VisitElementType(type, [&]<typename T>(TypeTag<T>) {
        return Flatten(data, name, static_cast<T*>(tensor.MutableData()), count, at);
    }));
    return tensor;
}

/// How many values a JSON list holds: asked before memory is taken for what the shape says.
size_t CountValues(const Json& data) {
    if (!data.is_array()) return 1;
    size_t count = 0;
    for (const Json& item : data.get_array()) count += CountValues(item);
    return count;
}

core::Status ReadTexts(const Json& data, InferenceInput& input,
                       std::vector<std::shared_ptr<const std::string>>& texts) {
    if (data.is_array()) {
        for (const Json& item : data.get_array()) GYRE_TRY(ReadTexts(item, input, texts));
        return {};
    }
    if (!data.is_string()) return BadInput(input.name, "\"data\" of BYTES must hold strings");
    texts.push_back(std::make_shared<const std::string>(data.get_string()));
    input.bytes.emplace_back(*texts.back());
    return {};
}

struct Reader {
    std::shared_ptr<const core::Body> body;
    std::string_view rest;  ///< binary data that no input has taken yet
    std::vector<std::shared_ptr<const std::string>> texts;  ///< of BYTES in JSON

    Result<InferenceInput> Input(const Json& json) {
        InferenceInput input;
        input.name = core::JsonString(json, "name").value_or("");
        if (input.name.empty()) return Bad("an input without a \"name\"");
        input.datatype = core::JsonString(json, "datatype").value_or("");
        GYRE_ASSIGN(input.shape, ShapeOf(json, input.name));
        GYRE_TRY(RefuseSharedMemory(json, "input '" + input.name + "'"));
        const Json* parameters = core::JsonFind(json, "parameters");
        const Json* size =
            parameters == nullptr ? nullptr : core::JsonFind(*parameters, "binary_data_size");
        const Json* data = core::JsonFind(json, "data");
        if (size != nullptr) {
            if (data != nullptr) return BadInput(input.name, "has both \"data\" and binary data");
            GYRE_TRY(Binary(*size, input));
        } else if (data != nullptr) {
            GYRE_TRY(List(*data, input));
        } else {
            return BadInput(input.name, "has neither \"data\" nor \"binary_data_size\"");
        }
        return input;
    }

  private:
    core::Status Binary(const Json& size, InferenceInput& input) {
        if (!size.is_int64() || size.get_int64() < 0) {
            return BadInput(input.name, "\"binary_data_size\" must be a number of at least 0");
        }
        const auto bytes = static_cast<size_t>(size.get_int64());
        if (bytes > rest.size()) {
            return BadInput(input.name, "\"binary_data_size\" is " + std::to_string(bytes) +
                                            " and the body has only " +
                                            std::to_string(rest.size()) + " bytes left");
        }
        const std::string_view part = rest.substr(0, bytes);
        rest.remove_prefix(bytes);
        return Fill(part, input);
    }

  public:
    /// The input's values out of `part`, which lies in the body.
    core::Status Fill(std::string_view part, InferenceInput& input) {
        const size_t count = *Elements(input.shape);
        if (input.datatype == "BYTES") {
            GYRE_ASSIGN(input.bytes, SplitBytesTensor(part));
            if (input.bytes.size() != count) {
                return BadInput(input.name, "holds " + std::to_string(input.bytes.size()) +
                                                " elements and its shape " +
                                                ShapeText(input.shape) + " wants " +
                                                std::to_string(count));
            }
            return {};
        }
        GYRE_ASSIGN(const DataType type, ParseDataType(input.datatype));
        if (count * ByteSize(type) != part.size()) {
            return BadInput(input.name, "has " + std::to_string(part.size()) + " bytes; " +
                                            input.datatype + " " + ShapeText(input.shape) +
                                            " takes " + std::to_string(count * ByteSize(type)));
        }
        input.tensor = Tensor(type, input.shape, body, part.data());
        return {};
    }

  private:
    core::Status List(const Json& data, InferenceInput& input) {
        const size_t count = *Elements(input.shape);
        if (CountValues(data) != count) {
            return BadInput(input.name, "\"data\" holds " + std::to_string(CountValues(data)) +
                                            " values; its shape " + ShapeText(input.shape) +
                                            " wants " + std::to_string(count));
        }
        if (input.datatype == "BYTES") return ReadTexts(data, input, texts);
        GYRE_ASSIGN(const DataType type, ParseDataType(input.datatype));
        GYRE_ASSIGN(input.tensor, ReadList(data, input.name, type, input.shape));
        return {};
    }
};

Result<std::vector<InferenceOutput>> OutputsOf(const Json& request, bool binary) {
    std::vector<InferenceOutput> outputs;
    const Json* list = core::JsonFind(request, "outputs");
    if (list == nullptr) return outputs;
    if (!list->is_array()) return Bad("\"outputs\" must be a list");
    for (const Json& json : list->get_array()) {
        InferenceOutput output;
        output.name = core::JsonString(json, "name").value_or("");
        if (output.name.empty()) return Bad("an output without a \"name\"");
        GYRE_TRY(RefuseSharedMemory(json, "output '" + output.name + "'"));
        output.binary = binary;
        if (const Json* parameters = core::JsonFind(json, "parameters")) {
            output.binary = core::JsonBool(*parameters, "binary_data").value_or(binary);
            const int64_t classes = core::JsonInt(*parameters, "classification").value_or(0);
            if (classes < 0 || classes > 1'000'000) {
                return Bad("output '" + output.name + "': \"classification\" is out of range");
            }
            output.classes = static_cast<int>(classes);
        }
        outputs.push_back(std::move(output));
    }
    return outputs;
}

/// A body that is nothing but the only input's values.
Result<InferenceRequest> ParseRaw(std::shared_ptr<const core::Body> body,
                                  std::span<const TensorSpec> inputs) {
    if (inputs.size() != 1) {
        return Bad("a request without JSON is for models of one input, and this one has " +
                   std::to_string(inputs.size()));
    }
    const TensorSpec& spec = inputs[0];
    InferenceInput input;
    input.name = spec.name;
    input.datatype = DataTypeName(spec.type);
    input.shape = spec.shape;
    size_t row = ByteSize(spec.type);
    for (size_t i = 1; i < spec.shape.size(); ++i) {
        if (spec.shape[i] <= 0) row = 0;
        row *= static_cast<size_t>(std::max<int64_t>(spec.shape[i], 0));
    }
    if (spec.shape.empty() || row == 0) {
        return Bad("the shape of input '" + spec.name + "' is not fixed: say it in JSON");
    }
    if (body->empty() || body->size() % row != 0) {
        return BadInput(spec.name, "has " + std::to_string(body->size()) + " bytes; a row of " +
                                       ShapeText(spec.shape) + " takes " + std::to_string(row));
    }
    input.shape[0] = static_cast<int64_t>(body->size() / row);
    Reader reader{.body = body, .rest = {}, .texts = {}};
    GYRE_TRY(reader.Fill(*body, input));
    InferenceRequest request;
    request.plan.binary = true;
    request.inputs.push_back(std::move(input));
    request.owner = std::move(body);
    return request;
}

}  // namespace

Result<std::vector<std::string_view>> SplitBytesTensor(std::string_view data) {
    std::vector<std::string_view> elements;
    while (!data.empty()) {
        uint32_t length = 0;
        if (data.size() < sizeof(length)) return Bad("a BYTES tensor ends inside a length");
        std::memcpy(&length, data.data(), sizeof(length));
        data.remove_prefix(sizeof(length));
        if (length > data.size()) return Bad("a BYTES tensor ends inside an element");
        elements.push_back(data.substr(0, length));
        data.remove_prefix(length);
    }
    return elements;
}

Result<InferenceRequest> ParseInferenceRequest(std::shared_ptr<const core::Body> body,
                                               size_t json_bytes,
                                               std::span<const TensorSpec> inputs) {
    if (json_bytes == 0) return ParseRaw(std::move(body), inputs);
    if (json_bytes > body->size()) {
        return Bad("the JSON is said to have " + std::to_string(json_bytes) +
                   " bytes and the body has " + std::to_string(body->size()));
    }
    const std::string_view whole = *body;
    auto json = core::ParseJson(whole.substr(0, json_bytes), kJson);
    if (!json) return Bad("failed to parse the request JSON buffer: " + json.error().message);
    const Json* list = core::JsonFind(*json, "inputs");
    if (list == nullptr || !list->is_array()) return Bad("the request has no list \"inputs\"");

    InferenceRequest request;
    request.plan.id = core::JsonString(*json, "id").value_or("");
    if (const Json* parameters = core::JsonFind(*json, "parameters")) {
        request.plan.binary = core::JsonBool(*parameters, "binary_data_output").value_or(false);
    }
    GYRE_ASSIGN(request.plan.outputs, OutputsOf(*json, request.plan.binary));
    Reader reader{.body = body, .rest = whole.substr(json_bytes), .texts = {}};
    for (const Json& input : list->get_array()) {
        GYRE_ASSIGN(InferenceInput read, reader.Input(input));
        for (const InferenceInput& other : request.inputs) {
            if (other.name == read.name) return BadInput(read.name, "comes twice");
        }
        request.inputs.push_back(std::move(read));
    }
    if (!reader.rest.empty()) {
        return Bad("the body has " + std::to_string(reader.rest.size()) +
                   " bytes of binary data that no input takes");
    }
    using Held = std::pair<std::shared_ptr<const core::Body>,
                           std::vector<std::shared_ptr<const std::string>>>;
    request.owner = std::make_shared<const Held>(std::move(body), std::move(reader.texts));
    return request;
}

}  // namespace gyre::engine
