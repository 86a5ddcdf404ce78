#include "engine/codec/reply_encoder.h"

#include <algorithm>
#include <numeric>

#include "core/json.h"
#include "engine/codec/body_decoder.h"
#include "engine/codec/cast.h"
#include "engine/codec/csv.h"
#include "engine/codec/npy.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;

Tensor WithoutRows(const Tensor& tensor) {
    Shape shape(tensor.Dims().begin() + 1, tensor.Dims().end());
    auto keep = std::make_shared<Tensor>(tensor);
    const void* data = keep->Data();
    return Tensor(tensor.Type(), std::move(shape), std::move(keep), data);
}

void AppendBest(std::string& text, const Tensor& output, size_t row, size_t width,
                const ReplyStyle& style) {
    std::vector<std::pair<double, size_t>> scores(width);
    for (size_t i = 0; i < width; ++i) scores[i] = {ElementAt(output, row * width + i), i};
    const size_t count = std::min(width, static_cast<size_t>(style.top_k));
    const auto better = [](const auto& a, const auto& b) {
        return a.first > b.first || (a.first == b.first && a.second < b.second);
    };
    std::partial_sort(scores.begin(), scores.begin() + static_cast<ptrdiff_t>(count), scores.end(),
                      better);
    text += '[';
    for (size_t i = 0; i < count; ++i) {
        const size_t index = scores[i].second;
        text += i > 0 ? ",{\"label\":" : "{\"label\":";
        text += core::JsonText(
            core::Json(index < style.labels.size() ? style.labels[index] : std::to_string(index)));
        text += ",\"score\":";
        AppendJson(text, Tensor(output.Type(), {}, nullptr,
                                static_cast<const char*>(output.Data()) +
                                    (row * width + index) * ByteSize(output.Type())));
        text += '}';
    }
    text += ']';
}

void AppendLabels(std::string& text, const Tensor& output, bool single, const ReplyStyle& style) {
    const auto width = static_cast<size_t>(output.Dims().back());
    const auto rows = static_cast<size_t>(ElementCount(output.Dims())) / std::max<size_t>(width, 1);
    if (!single) text += '[';
    for (size_t row = 0; row < rows; ++row) {
        if (row > 0) text += ',';
        AppendBest(text, output, row, width, style);
    }
    if (!single) text += ']';
}

std::string NameOf(const ReplyStyle& style, size_t output) {
    return output < style.output_names.size() ? style.output_names[output]
                                              : "output" + std::to_string(output);
}

std::string EncodeJson(std::span<const Tensor> outputs, bool single, JsonEnvelope envelope,
                       const ReplyStyle& style) {
    std::string text;
    if (envelope == JsonEnvelope::kInstances) text = "{\"predictions\":";
    if (envelope == JsonEnvelope::kInputs) text = "{\"outputs\":";
    const bool labels = style.top_k > 0 && !outputs[0].Dims().empty();
    const bool named = outputs.size() > 1 && envelope == JsonEnvelope::kInputs;
    if (labels) {
        AppendLabels(text, outputs[0], single, style);
    } else if (outputs.size() == 1) {
        AppendJson(text, single ? WithoutRows(outputs[0]) : outputs[0]);
    } else {
        text += named ? '{' : '[';
        for (size_t i = 0; i < outputs.size(); ++i) {
            if (i > 0) text += ',';
            if (named) text += core::JsonText(core::Json(NameOf(style, i))) + ":";
            AppendJson(text, single ? WithoutRows(outputs[i]) : outputs[i]);
        }
        text += named ? '}' : ']';
    }
    if (envelope != JsonEnvelope::kNone) text += '}';
    return text;
}

}  // namespace

Result<ReplyFormat> ChooseFormat(std::string_view accept) {
    if (accept.empty()) return ReplyFormat::kJson;
    std::string_view rest = accept;
    while (!rest.empty()) {
        const size_t comma = std::min(rest.find(','), rest.size());
        const std::string type = MediaType(rest.substr(0, comma));
        rest.remove_prefix(std::min(comma + 1, rest.size()));
        if (type == "application/json" || type == "*/*" || type == "application/*" ||
            type.empty()) {
            return ReplyFormat::kJson;
        }
        if (type == "text/csv" || type == "text/*") return ReplyFormat::kCsv;
        if (type == "application/x-npy") return ReplyFormat::kNpy;
        if (type == "application/octet-stream") return ReplyFormat::kRaw;
    }
    core::Error error(Code::kInvalidArgument,
                      "Accept: " + std::string(accept) +
                          " is not offered; ask for application/json, text/csv, "
                          "application/x-npy or application/octet-stream");
    error.http_status = 415;
    return Fail(std::move(error));
}

Result<Reply> EncodeReply(std::span<const Tensor> outputs, bool single, JsonEnvelope envelope,
                          ReplyFormat format, const ReplyStyle& style) {
    if (outputs.empty()) return Fail(Code::kInternal, "the model gave no outputs");
    Reply reply;
    if (format == ReplyFormat::kJson) {
        reply.content_type = "application/json";
        reply.body = EncodeJson(outputs, single, envelope, style);
        return reply;
    }
    if (outputs.size() > 1) {
        return Fail(Code::kInvalidArgument,
                    "the model has " + std::to_string(outputs.size()) +
                        " outputs, which only Accept: application/json can carry");
    }
    Tensor output = outputs[0];
    if (format == ReplyFormat::kCsv) {
        reply.content_type = "text/csv";
        reply.body = CsvText(output);
        return reply;
    }
    if (output.Type() == DataType::kBFloat16) {
        GYRE_ASSIGN(output, Cast(output, DataType::kFloat32));
    }
    if (single) output = WithoutRows(output);
    std::string body;
    if (format == ReplyFormat::kNpy) {
        reply.content_type = "application/x-npy";
        body = NpyHeader(output.Type(), output.Dims());
    } else {
        reply.content_type = "application/octet-stream";
    }
    body.append(static_cast<const char*>(output.Data()), output.Bytes());
    reply.body = std::move(body);
    return reply;
}

}  // namespace gyre::engine
