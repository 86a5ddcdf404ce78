#include <filesystem>

#include "engine/model.h"
#include "engine/python_model.h"

namespace gyre::engine {

core::Result<std::unique_ptr<Model>> LoadModel(const LoadOptions& options) {
    const std::filesystem::path directory(options.directory);
    std::error_code error;
    if (std::filesystem::is_regular_file(directory / "code" / "inference.py", error)) {
        return LoadPythonModel(options);
    }
    return core::Fail(
        core::Code::kUnimplemented,
        "only models with code/inference.py are served; there is none in " + options.directory);
}

}  // namespace gyre::engine
