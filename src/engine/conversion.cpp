#include "engine/conversion.h"

#include <boost/json.hpp>

#include "engine/converter.h"

namespace gyre::engine {
namespace {

namespace fs = std::filesystem;
using core::Result;

core::Json InputsJson(const ModelSettings& settings) {
    core::JsonArray inputs;
    for (const TensorSpec& input : settings.inputs) {
        inputs.push_back(
            core::JsonObject{{"name", input.name},
                             {"type", DataTypeName(input.type)},
                             {"shape", core::JsonArray(input.shape.begin(), input.shape.end())}});
    }
    if (inputs.empty() && settings.image) {
        const ImageSettings& image = *settings.image;
        core::JsonArray shape{-1, image.ChannelCount(), image.height, image.width};
        if (image.channels_last) shape = {-1, image.height, image.width, image.ChannelCount()};
        inputs.push_back(core::JsonObject{{"name", ""}, {"type", "FP32"}, {"shape", shape}});
    }
    return inputs;
}

}  // namespace

Result<Conversion> ConvertTorchScript(const LoadOptions& options, const ModelSettings& settings,
                                      const fs::path& file) {
    const core::Json inputs = InputsJson(settings);
    GYRE_ASSIGN(const std::string digest, FileDigest(file));
    ConverterJob job;
    job.job = {
        {"action", "torchscript"}, {"model", fs::absolute(file).string()}, {"inputs", inputs}};
    job.identity = "torchscript " + digest + core::JsonText(inputs);
    GYRE_ASSIGN(ConverterResult result, RunConverter(options, std::move(job)));
    Conversion conversion;
    conversion.reason = core::JsonString(result.report, "reason").value_or("");
    const auto outcome = core::JsonString(result.report, "outcome").value_or("");
    if (outcome == "damaged") {
        return core::Fail(core::Code::kInvalidArgument,
                          file.filename().string() + " cannot be loaded: " + conversion.reason);
    }
    if (outcome == "converted") conversion.ir = result.folder / "model.xml";
    conversion.report = std::move(result.report);
    conversion.keep = std::move(result.keep);
    return conversion;
}

}  // namespace gyre::engine
