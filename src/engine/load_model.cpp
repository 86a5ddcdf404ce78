#include <algorithm>
#include <filesystem>

#include "core/file_system.h"
#include "core/log.h"
#include "engine/conversion.h"
#include "engine/echo_model.h"
#include "engine/model.h"
#include "engine/model_settings.h"
#include "engine/openvino/load.h"
#include "engine/python_model.h"
#include "engine/torch/load.h"

namespace gyre::engine {
namespace {

namespace fs = std::filesystem;
using core::Code;
using core::Fail;
using core::Result;

constexpr const char* kLookedFor =
    "code/inference.py, MAR-INF/MANIFEST.json, one *.xml (OpenVINO IR, with its *.bin), one "
    "*.onnx, or one *.pt or *.pth "
    "(TorchScript)";

bool IsFile(const fs::path& path) {
    std::error_code ignored;
    return fs::is_regular_file(path, ignored);
}

/// The one file that a native runtime is to load, or none.
Result<std::optional<fs::path>> FindModelFile(const fs::path& directory,
                                              const ModelSettings& settings) {
    if (settings.model) {
        if (!IsFile(directory / *settings.model)) {
            return Fail(Code::kInvalidArgument,
                        "gyre.json names the model '" + *settings.model +
                            "'; there is no such file in the model's folder");
        }
        return directory / *settings.model;
    }
    GYRE_ASSIGN(const auto names, core::RealFileSystem().List(directory));
    for (const std::vector<std::string>& endings :
         std::vector<std::vector<std::string>>{{".xml"}, {".onnx"}, {".pt", ".pth"}}) {
        std::vector<std::string> found;
        for (const std::string& name : names) {
            if (name.starts_with(".")) continue;
            const bool ends = std::any_of(endings.begin(), endings.end(), [&](const auto& ending) {
                return name.ends_with(ending);
            });
            if (ends && IsFile(directory / name)) found.push_back(name);
        }
        if (found.size() == 1) return directory / found[0];
        // The stock container's name decides among several.
        if (std::count(found.begin(), found.end(), "model.pth") > 0) return directory / "model.pth";
        if (found.size() > 1) {
            return Fail(Code::kInvalidArgument, "the model's folder holds both " + found[0] +
                                                    " and " + found[1] +
                                                    "; name one as \"model\" in gyre.json");
        }
    }
    return std::nullopt;
}

Result<std::unique_ptr<Model>> LoadNative(const LoadOptions& options, const ModelSettings& settings,
                                          const fs::path& file) {
    const std::string ending = file.extension().string();
    if (ending == ".xml" || ending == ".onnx") return LoadOpenVinoModel(options, settings, file);
    if (ending != ".pt" && ending != ".pth") {
        return Fail(Code::kInvalidArgument, "the model '" + file.filename().string() +
                                                "' is no *.xml, *.onnx, *.pt or *.pth");
    }
    if (settings.runtime == "torch") return LoadTorchModel(options, settings, file);
    const auto conversion = ConvertTorchScript(options, settings, file);
    // A conversion that crashed, or had not the memory, says nothing against the file.
    if (!conversion && conversion.error().details.count("signal") == 0) {
        return Fail(conversion.error());
    }
    if (conversion && conversion->ir) return LoadOpenVinoModel(options, settings, *conversion->ir);
    const std::string why = file.filename().string() + " does not convert to OpenVINO: " +
                            (conversion ? conversion->reason : conversion.error().message);
    if (settings.runtime == "openvino") return Fail(Code::kInvalidArgument, why);
    core::LogInfo("libtorch serves the model", {{"reason", why}});
    auto model = LoadTorchModel(options, settings, file);
    if (!model) return Fail(std::move(model.error()).In(why));
    return model;
}

}  // namespace

Result<std::unique_ptr<Model>> LoadModel(const LoadOptions& options) {
    const fs::path directory(options.directory);
    GYRE_ASSIGN(const ModelSettings settings, ReadModelSettings(options.directory));
    if (settings.runtime == "echo") return MakeEchoModel(options);
    if (settings.runtime == "python" || (!settings.runtime && BringsPythonCode(options))) {
        return LoadPythonModel(options);
    }
    GYRE_ASSIGN(const auto file, FindModelFile(directory, settings));
    if (!file) {
        return Fail(
            Code::kInvalidArgument,
            std::string("nothing that can be loaded is in the model's folder; looked for ") +
                kLookedFor);
    }
    return LoadNative(options, settings, *file);
}

}  // namespace gyre::engine
