#include "engine/model_settings.h"

#include <boost/json.hpp>

#include <algorithm>
#include <filesystem>

#include "core/file_system.h"
#include "engine/model.h"

namespace gyre::engine {
namespace {

using core::Code;
using core::Fail;
using core::Json;
using core::Result;
using core::Status;

constexpr int kMostPixels = 16'384;  // each way

tl::unexpected<core::Error> Wrong(const std::string& member, const std::string& expected) {
    return Fail(Code::kInvalidArgument, "gyre.json: " + member + " must be " + expected);
}

Status OnlyKnown(const core::JsonObject& object, const std::string& where,
                 std::initializer_list<std::string_view> known) {
    for (const auto& member : object) {
        const std::string_view name(member.key().data(), member.key().size());
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        std::string all;
        for (const std::string_view one : known)
            all += (all.empty() ? "" : ", ") + std::string(one);
        return Fail(Code::kInvalidArgument, "gyre.json: unknown member '" + where +
                                                std::string(name) + "'; known are " + all);
    }
    return {};
}

/// A path of the archive's own: relative, and without "..".
bool StaysInside(const std::string& path) {
    const std::filesystem::path parsed(path);
    if (path.empty() || parsed.is_absolute()) return false;
    return std::find(parsed.begin(), parsed.end(), "..") == parsed.end();
}

Status ReadText(const Json& json, const char* member, std::optional<std::string>& into,
                std::initializer_list<std::string_view> choices) {
    const Json* found = core::JsonFind(json, member);
    if (found == nullptr) return {};
    std::string expected;
    for (const std::string_view choice : choices) {
        if (found->is_string() && std::string_view(found->get_string()) == choice) {
            into = std::string(choice);
            return {};
        }
        expected += (expected.empty() ? "" : ", ") + std::string(choice);
    }
    return Wrong(member, "one of " + expected);
}

Status ReadPath(const Json& json, const char* member, std::optional<std::string>& into) {
    const Json* found = core::JsonFind(json, member);
    if (found == nullptr) return {};
    const auto text = core::JsonString(json, member);
    if (!text || !StaysInside(std::string(*text))) {
        return Wrong(member, "a path inside the model's folder, without '..'");
    }
    into = std::string(*text);
    return {};
}

Status ReadNumbers(const Json& json, const char* member, size_t channels,
                   std::vector<float>& into) {
    const Json* found = core::JsonFind(json, member);
    if (found == nullptr) return {};
    const std::string expected =
        "a number, or a list of " + std::to_string(channels) + " numbers for values of 0 to 255";
    const auto add = [&](const Json& value) {
        if (!value.is_number()) return false;
        into.push_back(static_cast<float>(value.to_number<double>()));
        return true;
    };
    if (!found->is_array()) return add(*found) ? Status() : Wrong(member, expected);
    for (const Json& value : found->get_array()) {
        if (!add(value)) return Wrong(member, expected);
    }
    if (into.size() != 1 && into.size() != channels) return Wrong(member, expected);
    return {};
}

Result<TensorSpec> ReadInput(const Json& json, size_t index) {
    const std::string where = "inputs[" + std::to_string(index) + "]";
    if (!json.is_object()) return Wrong(where, "an object with type and shape");
    GYRE_TRY(OnlyKnown(json.get_object(), where + ".", {"name", "type", "shape"}));
    TensorSpec spec;
    spec.name = core::JsonString(json, "name").value_or("");
    if (const Json* type = core::JsonFind(json, "type")) {
        const auto parsed = type->is_string()
                                ? ParseDataType(std::string_view(type->get_string()))
                                : Result<DataType>(Fail(Code::kInvalidArgument, "no string"));
        if (!parsed) return Wrong(where + ".type", "a KServe type such as FP32, UINT8 or INT64");
        spec.type = *parsed;
    }
    const Json* shape = core::JsonFind(json, "shape");
    const std::string expected = "a list of at most 16 dimensions, -1 for any, the batch first";
    if (shape == nullptr || !shape->is_array() || shape->get_array().size() > 16) {
        return Wrong(where + ".shape", expected);
    }
    for (const Json& dimension : shape->get_array()) {
        if (!dimension.is_int64() || dimension.get_int64() < -1 || dimension.get_int64() == 0 ||
            dimension.get_int64() > (int64_t{1} << 31)) {
            return Wrong(where + ".shape", expected);
        }
        spec.shape.push_back(dimension.get_int64());
    }
    return spec;
}

Status ReadSize(const Json& json, ImageSettings& image) {
    const Json* size = core::JsonFind(json, "size");
    const auto side = [](const Json& value) {
        return value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= kMostPixels
                   ? static_cast<int>(value.get_int64())
                   : 0;
    };
    if (size != nullptr && size->is_array() && size->get_array().size() == 2) {
        image.height = side(size->get_array()[0]);
        image.width = side(size->get_array()[1]);
    } else if (size != nullptr) {
        image.height = image.width = side(*size);
    }
    if (image.height == 0 || image.width == 0) {
        return Wrong("image.size", "[height, width] in pixels, 1 to 16384");
    }
    return {};
}

Result<ImageSettings> ReadImage(const Json& json) {
    if (!json.is_object()) return Wrong("image", "an object with size");
    GYRE_TRY(OnlyKnown(json.get_object(), "image.",
                       {"size", "fit", "filter", "crop_fraction", "channels", "background", "mean",
                        "scale", "layout"}));
    ImageSettings image;
    GYRE_TRY(ReadSize(json, image));
    std::optional<std::string> text;
    GYRE_TRY(ReadText(json, "fit", text, {"stretch", "crop", "pad"}));
    if (text == "crop") image.fit = ImageSettings::Fit::kCrop;
    if (text == "pad") image.fit = ImageSettings::Fit::kPad;
    text.reset();
    GYRE_TRY(ReadText(json, "filter", text, {"bilinear", "nearest", "bicubic", "lanczos"}));
    if (text == "nearest") image.filter = ImageSettings::Filter::kNearest;
    if (text == "bicubic") image.filter = ImageSettings::Filter::kBicubic;
    if (text == "lanczos") image.filter = ImageSettings::Filter::kLanczos;
    text.reset();
    GYRE_TRY(ReadText(json, "channels", text, {"RGB", "BGR", "gray"}));
    if (text == "BGR") image.channels = ImageSettings::Channels::kBgr;
    if (text == "gray") image.channels = ImageSettings::Channels::kGray;
    text.reset();
    GYRE_TRY(ReadText(json, "layout", text, {"NCHW", "NHWC"}));
    image.channels_last = text == "NHWC";
    if (core::JsonFind(json, "crop_fraction") != nullptr) {
        const auto fraction = core::JsonDouble(json, "crop_fraction");
        if (!fraction || !(*fraction > 0 && *fraction <= 1)) {
            return Wrong("image.crop_fraction", "a number above 0 and up to 1");
        }
        image.crop_fraction = *fraction;
    }
    std::vector<float> background;
    GYRE_TRY(ReadNumbers(json, "background", 3, background));
    for (size_t i = 0; i < 3 && !background.empty(); ++i) {
        const float value = background[background.size() == 1 ? 0 : i];
        if (!(value >= 0 && value <= 255)) {
            return Wrong("image.background", "red, green and blue of 0 to 255");
        }
        image.background[i] = static_cast<uint8_t>(value);
    }
    const auto channels = static_cast<size_t>(image.ChannelCount());
    GYRE_TRY(ReadNumbers(json, "mean", channels, image.mean));
    GYRE_TRY(ReadNumbers(json, "scale", channels, image.scale));
    if (std::count(image.scale.begin(), image.scale.end(), 0.0F) > 0) {
        return Wrong("image.scale", "other than 0: values are divided by it");
    }
    return image;
}

Result<std::vector<std::string>> ReadLabels(const std::filesystem::path& path) {
    GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), path));
    std::vector<std::string> labels;
    for (size_t start = 0; start < text.size();) {
        size_t end = text.find('\n', start);
        if (end == std::string::npos) end = text.size();
        std::string label = text.substr(start, end - start);
        if (!label.empty() && label.back() == '\r') label.pop_back();
        labels.push_back(std::move(label));
        start = end + 1;
    }
    return labels;
}

}  // namespace

Result<ParsedSettings> ParseModelSettings(const Json& json) {
    if (!json.is_object()) return Fail(Code::kInvalidArgument, "gyre.json must be an object");
    GYRE_TRY(OnlyKnown(json.get_object(), "",
                       {"runtime", "model", "inputs", "image", "labels", "top_k", "precision",
                        "accuracy_tolerance", "samples"}));
    ParsedSettings parsed;
    ModelSettings& settings = parsed.settings;
    GYRE_TRY(ReadText(json, "runtime", settings.runtime, {"openvino", "torch", "python", "echo"}));
    GYRE_TRY(ReadPath(json, "model", settings.model));
    if (const Json* inputs = core::JsonFind(json, "inputs")) {
        if (!inputs->is_array() || inputs->get_array().empty()) {
            return Wrong("inputs", "a list of objects with name, type and shape");
        }
        for (size_t i = 0; i < inputs->get_array().size(); ++i) {
            GYRE_ASSIGN(TensorSpec spec, ReadInput(inputs->get_array()[i], i));
            settings.inputs.push_back(std::move(spec));
        }
    }
    if (const Json* image = core::JsonFind(json, "image")) {
        GYRE_ASSIGN(settings.image, ReadImage(*image));
        if (settings.inputs.size() > 1) return Wrong("image", "left out for several inputs");
    }
    GYRE_TRY(ReadPath(json, "labels", parsed.labels_file));
    if (core::JsonFind(json, "top_k") != nullptr) {
        const auto count = core::JsonInt(json, "top_k");
        if (!count || *count < 1 || *count > 1'000'000) {
            return Wrong("top_k", "a whole number from 1");
        }
        settings.top_k = static_cast<int>(*count);
    }
    GYRE_TRY(ReadText(json, "precision", settings.precision, {"auto", "fp32", "bf16", "int8"}));
    if (core::JsonFind(json, "accuracy_tolerance") != nullptr) {
        settings.accuracy_tolerance = core::JsonDouble(json, "accuracy_tolerance");
        if (!settings.accuracy_tolerance ||
            !(*settings.accuracy_tolerance >= 0 && *settings.accuracy_tolerance <= 1)) {
            return Wrong("accuracy_tolerance", "a number from 0 to 1");
        }
    }
    std::optional<std::string> samples;
    GYRE_TRY(ReadPath(json, "samples", samples));
    if (samples) settings.samples = *samples;
    return parsed;
}

std::string WantedPrecision(const LoadOptions& options, const ModelSettings& settings) {
    if (options.precision != "auto") return options.precision;
    return settings.precision.value_or("auto");
}

Result<ModelSettings> ReadModelSettings(const std::string& directory) {
    const std::filesystem::path folder(directory);
    std::error_code ignored;
    if (!std::filesystem::exists(folder / "gyre.json", ignored)) return ModelSettings();
    GYRE_ASSIGN(const std::string text,
                core::ReadFile(core::RealFileSystem(), folder / "gyre.json"));
    auto json = core::ParseJson(text);
    if (!json) return Fail(std::move(json.error()).In("gyre.json"));
    GYRE_ASSIGN(ParsedSettings parsed, ParseModelSettings(*json));
    if (parsed.labels_file) {
        auto labels = ReadLabels(folder / *parsed.labels_file);
        if (!labels) return Fail(std::move(labels.error()).In("gyre.json: labels"));
        parsed.settings.labels = std::move(*labels);
    }
    return parsed.settings;
}

}  // namespace gyre::engine
