#include <filesystem>

#include "core/file_system.h"
#include "engine/echo_model.h"
#include "engine/model.h"
#include "engine/python_model.h"

namespace gyre::engine {

core::Result<std::unique_ptr<Model>> LoadModel(const LoadOptions& options) {
    const std::filesystem::path directory(options.directory);
    const auto is_file = [](const std::filesystem::path& path) {
        std::error_code ignored;
        return std::filesystem::is_regular_file(path, ignored);
    };
    if (is_file(directory / "gyre.json")) {
        GYRE_ASSIGN(const std::string text,
                    core::ReadFile(core::RealFileSystem(), directory / "gyre.json"));
        GYRE_ASSIGN(const core::Json settings, core::ParseJson(text));
        const auto runtime = core::JsonString(settings, "runtime");
        if (runtime == "echo") return MakeEchoModel(options);
        if (runtime == "python") return LoadPythonModel(options);
        if (runtime) {
            return core::Fail(core::Code::kUnimplemented, "gyre.json names the runtime '" +
                                                              std::string(*runtime) +
                                                              "'; known are python and echo");
        }
    }
    if (is_file(directory / "code" / "inference.py")) return LoadPythonModel(options);
    return core::Fail(
        core::Code::kUnimplemented,
        "only models with code/inference.py are served; there is none in " + options.directory);
}

}  // namespace gyre::engine
