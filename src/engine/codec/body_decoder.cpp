#include "engine/codec/body_decoder.h"

#include <cstring>

#include "core/ascii.h"
#include "core/inference_media.h"
#include "engine/codec/cast.h"
#include "engine/codec/csv.h"
#include "engine/codec/npy.h"
#include "engine/codec/npz.h"
#include "engine/codec/picture.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;

/// A small file may become a large tensor: of one request no more than this.
constexpr size_t kMostPictures = 256;

std::string Describe(const TensorSpec& input) {
    std::string text(DataTypeName(input.type));
    if (!input.shape.empty()) text += " " + ShapeText(input.shape);
    return text;
}

bool Matches(const Shape& expected, const Shape& given, size_t skip) {
    if (given.size() + skip != expected.size()) return false;
    for (size_t i = 0; i < given.size(); ++i) {
        if (expected[i + skip] >= 0 && expected[i + skip] != given[i]) return false;
    }
    return true;
}

Tensor WithDims(const Tensor& tensor, Shape shape) {
    auto keep = std::make_shared<Tensor>(tensor);
    const void* data = keep->Data();
    return Tensor(tensor.Type(), std::move(shape), std::move(keep), data);
}

/// What a body is by its first bytes.
std::string Sniff(std::string_view body) {
    if (body.starts_with("\x93NUMPY")) return "application/x-npy";
    if (body.starts_with("PK\x03\x04")) return "application/x-npz";
    if (IsPicture(body)) return "application/x-image";
    return "application/json";
}

}  // namespace

std::string MediaType(std::string_view content_type) {
    const std::string_view type = content_type.substr(0, content_type.find(';'));
    const size_t start = type.find_first_not_of(" \t");
    if (start == type.npos) return "";
    return core::AsciiLower(type.substr(start, type.find_last_not_of(" \t") + 1 - start));
}

BodyDecoder::BodyDecoder(std::vector<TensorSpec> inputs, std::optional<ImageSettings> image)
    : inputs_(std::move(inputs)), image_(std::move(image)) {
}

Result<DecodedRows> BodyDecoder::Decode(core::Body body, std::string_view content_type) const {
    if (core::IsInferenceContentType(content_type)) {
        return DecodeInference(std::make_shared<const core::Body>(std::move(body)), content_type);
    }
    std::string type = MediaType(content_type);
    if (type.empty()) type = Sniff(body);
    if (type == "application/json") {
        GYRE_ASSIGN(JsonTensors json, ParseJsonTensors(body, inputs_));
        return Fit(std::move(json.tensors), json.envelope);
    }
    if (type == "application/x-npz") {
        GYRE_ASSIGN(std::vector<Tensor> tensors, ParseNpz(body, inputs_));
        return Fit(std::move(tensors), JsonEnvelope::kNone);
    }
    if (type == "text/csv") {
        GYRE_ASSIGN(Tensor tensor, ParseCsv(body));
        GYRE_ASSIGN(tensor, Cast(tensor, inputs_[0].type));
        return Fit({std::move(tensor)}, JsonEnvelope::kNone);
    }
    const bool picture = type == "application/x-image" || type.starts_with("image/") ||
                         (type == "application/octet-stream" && image_ && IsPicture(body));
    if (picture) return DecodePicture(body);
    auto shared = std::make_shared<const core::Body>(std::move(body));
    if (type == "application/octet-stream") return DecodeRaw(std::move(shared));
    if (type == "application/x-npy") {
        GYRE_ASSIGN(Tensor tensor, ParseNpy(*shared, shared));
        return Fit({std::move(tensor)}, JsonEnvelope::kNone);
    }
    core::Error error(Code::kInvalidArgument,
                      "content type " + type +
                          " is not taken; send application/json, application/x-npy, "
                          "application/x-npz, text/csv, application/octet-stream" +
                          (image_ ? ", image/jpeg or image/png" : ""));
    error.http_status = 415;
    return Fail(std::move(error));
}

Result<DecodedRows> BodyDecoder::Fit(std::vector<Tensor> tensors, JsonEnvelope envelope) const {
    if (tensors.size() != inputs_.size()) {
        return Fail(Code::kInvalidArgument,
                    "the model takes " + std::to_string(inputs_.size()) +
                        " inputs and the body holds " + std::to_string(tensors.size()) +
                        "; send application/x-npz or JSON {\"inputs\": {name: list, …}}");
    }
    DecodedRows rows;
    rows.envelope = envelope;
    for (size_t i = 0; i < inputs_.size(); ++i) {
        const TensorSpec& input = inputs_[i];
        Tensor tensor = std::move(tensors[i]);
        if (!input.any_type) {
            GYRE_ASSIGN(tensor, Cast(tensor, input.type));
        }
        const Shape& given = tensor.Dims();
        const bool any = input.shape.empty();
        const bool whole = any || Matches(input.shape, given, 0);
        const bool single = !whole && input.shape[0] <= 1 && Matches(input.shape, given, 1);
        if (!whole && !single) {
            return Fail(Code::kInvalidArgument,
                        "input '" + input.name + "' has the shape " + ShapeText(given) +
                            "; the model takes " + Describe(input) +
                            (input.shape[0] < 0 ? ", or one row without the first dimension" : ""));
        }
        if (single) {
            Shape shape = given;
            shape.insert(shape.begin(), 1);
            tensor = WithDims(tensor, std::move(shape));
        }
        const int64_t count = any || input.shape[0] > 0 ? 1 : tensor.Dims()[0];
        if (ElementCount(tensor.Dims()) == 0) {
            return Fail(Code::kInvalidArgument,
                        "input '" + input.name + "' is empty: its shape is " + ShapeText(given));
        }
        if (i > 0 && (count != rows.count || single != rows.single)) {
            return Fail(Code::kInvalidArgument,
                        "input '" + input.name + "' has " + std::to_string(count) +
                            " rows and those before it " + std::to_string(rows.count));
        }
        rows.count = count;
        rows.single = single;
        rows.tensors.push_back(std::move(tensor));
    }
    return rows;
}

Result<DecodedRows> BodyDecoder::DecodeRaw(std::shared_ptr<const core::Body> body) const {
    const TensorSpec& input = inputs_[0];
    int64_t row = 1;
    for (size_t i = 1; i < input.shape.size(); ++i) row *= input.shape[i] < 0 ? 0 : input.shape[i];
    const size_t bytes = static_cast<size_t>(row) * ByteSize(input.type);
    if (inputs_.size() != 1 || input.shape.empty() || row == 0) {
        core::Error error(Code::kInvalidArgument,
                          "the shape of application/octet-stream is not known for this model; send "
                          "application/x-npy or application/json");
        error.http_status = 415;
        return Fail(std::move(error));
    }
    if (body->empty() || body->size() % bytes != 0) {
        return Fail(Code::kInvalidArgument, "the body has " + std::to_string(body->size()) +
                                                " bytes; a row of " + Describe(input) + " has " +
                                                std::to_string(bytes));
    }
    Shape shape = input.shape;
    shape[0] = static_cast<int64_t>(body->size() / bytes);
    Tensor tensor(input.type, std::move(shape), body, body->data());
    return Fit({std::move(tensor)}, JsonEnvelope::kNone);
}

Result<DecodedRows> BodyDecoder::DecodePicture(std::string_view body) const {
    if (!image_) {
        core::Error error(Code::kInvalidArgument,
                          "the model does not say how it takes pictures (\"image\" in gyre.json); "
                          "send application/x-npy or application/json of " +
                              Describe(inputs_[0]));
        error.http_status = 415;
        return Fail(std::move(error));
    }
    GYRE_ASSIGN(Tensor picture, DecodeForModel(body, *image_));
    GYRE_ASSIGN(DecodedRows rows, Fit({std::move(picture)}, JsonEnvelope::kNone));
    return rows;
}

Result<DecodedRows> BodyDecoder::DecodeInference(std::shared_ptr<const core::Body> body,
                                                 std::string_view content_type) const {
    const auto json_bytes = core::InferenceJsonBytes(content_type);
    if (!json_bytes) {
        return Fail(Code::kInvalidArgument,
                    "the content type " + std::string(content_type) + " names no json-header-size");
    }
    GYRE_ASSIGN(InferenceRequest request,
                ParseInferenceRequest(std::move(body), *json_bytes, inputs_));
    std::vector<Tensor> tensors(inputs_.size());
    std::vector<bool> given(inputs_.size());
    for (InferenceInput& input : request.inputs) {
        size_t index = 0;
        while (index < inputs_.size() && inputs_[index].name != input.name) ++index;
        if (index == inputs_.size()) {
            return Fail(Code::kInvalidArgument, "unexpected inference input '" + input.name +
                                                    "'; the model's first is '" + inputs_[0].name +
                                                    "'");
        }
        GYRE_ASSIGN(tensors[index], TensorOf(input, inputs_[index]));
        given[index] = true;
    }
    for (size_t i = 0; i < inputs_.size(); ++i) {
        if (given[i]) continue;
        return Fail(Code::kInvalidArgument, "expected " + std::to_string(inputs_.size()) +
                                                " inputs but got " +
                                                std::to_string(request.inputs.size()) +
                                                ": input '" + inputs_[i].name + "' is missing");
    }
    GYRE_ASSIGN(DecodedRows rows, Fit(std::move(tensors), JsonEnvelope::kNone));
    rows.inference = std::make_shared<InferenceReplyPlan>(std::move(request.plan));
    return rows;
}

Result<Tensor> BodyDecoder::TensorOf(InferenceInput& input, const TensorSpec& spec) const {
    if (input.datatype == "BYTES") return PicturesOf(input);
    if (!spec.any_type && input.tensor.Type() != spec.type) {
        return Fail(Code::kInvalidArgument, "inference input '" + input.name + "' data-type is '" +
                                                input.datatype + "', but the model expects '" +
                                                std::string(DataTypeName(spec.type)) + "'");
    }
    return std::move(input.tensor);
}

/// A model that takes pictures takes files of them too, each an element.
Result<Tensor> BodyDecoder::PicturesOf(const InferenceInput& input) const {
    if (!image_) {
        return Fail(Code::kInvalidArgument,
                    "inference input '" + input.name +
                        "' data-type is 'BYTES', and the model does not say how it takes pictures "
                        "(\"image\" in gyre.json); it expects " +
                        Describe(inputs_[0]));
    }
    if (input.bytes.empty() || input.bytes.size() > kMostPictures) {
        return Fail(Code::kInvalidArgument,
                    "input '" + input.name + "' holds " + std::to_string(input.bytes.size()) +
                        " pictures; send 1 to " + std::to_string(kMostPictures));
    }
    std::vector<Tensor> pictures;
    for (const std::string_view file : input.bytes) {
        GYRE_ASSIGN(Tensor picture, DecodeForModel(file, *image_));
        pictures.push_back(std::move(picture));
    }
    Shape shape = pictures[0].Dims();
    shape.insert(shape.begin(), static_cast<int64_t>(pictures.size()));
    Tensor rows(pictures[0].Type(), std::move(shape));
    auto* to = static_cast<char*>(rows.MutableData());
    for (const Tensor& picture : pictures) {
        std::memcpy(to, picture.Data(), picture.Bytes());
        to += picture.Bytes();
    }
    return rows;
}

}  // namespace gyre::engine
