#include "engine/codec/inference_reply.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "core/inference_media.h"
#include "core/json.h"
#include "engine/codec/cast.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Result;

std::string Quoted(const std::string& text) {
    return core::JsonText(core::Json(text));
}

std::string NameOf(const ReplyStyle& style, size_t index) {
    return index < style.output_names.size() ? style.output_names[index]
                                             : "output" + std::to_string(index);
}

std::string NoSuchOutput(const std::string& name, const std::string& model) {
    return "unexpected inference output '" + name + "' for model '" + model + "'";
}

/// "0.921875:285:Egyptian cat", best first, for the last dimension of one row.
std::vector<std::string> BestOf(const Tensor& output, size_t row, size_t width, int classes,
                                const std::vector<std::string>& labels) {
    std::vector<std::pair<double, size_t>> scores(width);
    for (size_t i = 0; i < width; ++i) scores[i] = {ElementAt(output, row * width + i), i};
    const size_t count = std::min(width, static_cast<size_t>(classes));
    std::partial_sort(scores.begin(), scores.begin() + static_cast<ptrdiff_t>(count), scores.end(),
                      [](const auto& a, const auto& b) {
                          return a.first > b.first || (a.first == b.first && a.second < b.second);
                      });
    std::vector<std::string> best;
    for (size_t i = 0; i < count; ++i) {
        char number[32];
        const auto end =
            std::to_chars(number, number + sizeof(number), static_cast<float>(scores[i].first));
        std::string text(number, end.ptr);
        text += ":" + std::to_string(scores[i].second);
        if (scores[i].second < labels.size()) text += ":" + labels[scores[i].second];
        best.push_back(std::move(text));
    }
    return best;
}

class Writer {
  public:
    Writer(const InferenceReplyPlan& plan, const ReplyStyle& style) : style_(style) {
        json_ = "{\"model_name\":" + Quoted(plan.model) + ",\"model_version\":\"1\"";
        if (!plan.id.empty()) json_ += ",\"id\":" + Quoted(plan.id);
        json_ += ",\"outputs\":[";
    }

    void Add(const Tensor& output, Shape shape, const InferenceOutput& how) {
        if (how.classes > 0 && !shape.empty()) return AddClasses(output, std::move(shape), how);
        Begin(how.name, DataTypeName(output.Type()), shape);
        if (how.binary) {
            Binary(output.Bytes());
            binary_.append(static_cast<const char*>(output.Data()), output.Bytes());
        } else {
            json_ += ",\"data\":";
            AppendJson(json_, Tensor(output.Type(), {ElementCount(output.Dims())}, nullptr,
                                     output.Data()));
        }
        json_ += '}';
    }

    Reply Finish() && {
        json_ += "]}";
        Reply reply;
        reply.content_type =
            any_binary_ ? core::InferenceContentType(json_.size()) : "application/json";
        json_ += binary_;
        reply.body = std::move(json_);
        return reply;
    }

  private:
    void AddClasses(const Tensor& output, Shape shape, const InferenceOutput& how) {
        const auto width = static_cast<size_t>(shape.back());
        const size_t rows =
            width == 0 ? 0 : static_cast<size_t>(ElementCount(output.Dims())) / width;
        std::string bytes;
        std::string list = "[";
        for (size_t row = 0; row < rows; ++row) {
            for (const std::string& text : BestOf(output, row, width, how.classes, style_.labels)) {
                const auto length = static_cast<uint32_t>(text.size());
                bytes.append(reinterpret_cast<const char*>(&length), sizeof(length));
                bytes += text;
                if (list.size() > 1) list += ',';
                list += Quoted(text);
            }
        }
        shape.back() = std::min<int64_t>(shape.back(), how.classes);
        Begin(how.name, "BYTES", shape);
        if (how.binary) {
            Binary(bytes.size());
            binary_ += bytes;
        } else {
            json_ += ",\"data\":" + list + "]";
        }
        json_ += '}';
    }

    void Begin(const std::string& name, std::string_view datatype, const Shape& shape) {
        if (json_.back() != '[') json_ += ',';
        json_ += "{\"name\":" + Quoted(name) + ",\"datatype\":\"" + std::string(datatype) +
                 "\",\"shape\":" + ShapeText(shape);
    }

    void Binary(size_t bytes) {
        any_binary_ = true;
        json_ += ",\"parameters\":{\"binary_data_size\":" + std::to_string(bytes) + "}";
    }

    const ReplyStyle& style_;
    std::string json_;
    std::string binary_;
    bool any_binary_ = false;
};

Shape ShapeOf(const Tensor& output, bool single) {
    Shape shape = output.Dims();
    if (single && !shape.empty()) shape.erase(shape.begin());
    return shape;
}

}  // namespace

core::Status CheckOutputs(const InferenceReplyPlan& plan, const ReplyStyle& style) {
    if (style.output_names.empty()) return {};
    for (const InferenceOutput& output : plan.outputs) {
        if (std::ranges::find(style.output_names, output.name) == style.output_names.end()) {
            return Fail(Code::kInvalidArgument, NoSuchOutput(output.name, plan.model));
        }
    }
    return {};
}

Result<Reply> EncodeInferenceReply(std::span<const Tensor> outputs, bool single,
                                   const InferenceReplyPlan& plan, const ReplyStyle& style) {
    if (outputs.empty()) return Fail(Code::kInternal, "the model gave no outputs");
    Writer writer(plan, style);
    if (plan.outputs.empty()) {
        for (size_t i = 0; i < outputs.size(); ++i) {
            const InferenceOutput how{
                .name = NameOf(style, i), .binary = plan.binary, .classes = 0};
            writer.Add(outputs[i], ShapeOf(outputs[i], single), how);
        }
    }
    for (const InferenceOutput& how : plan.outputs) {
        size_t index = 0;
        while (index < outputs.size() && NameOf(style, index) != how.name) ++index;
        if (index == outputs.size()) {
            return Fail(Code::kInvalidArgument, NoSuchOutput(how.name, plan.model));
        }
        writer.Add(outputs[index], ShapeOf(outputs[index], single), how);
    }
    return std::move(writer).Finish();
}

}  // namespace gyre::engine
