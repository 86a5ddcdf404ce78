#include "engine/detail/python_setting.h"

#include <cstdlib>

namespace gyre::engine::detail {
namespace {

std::string Setting(const LoadOptions& options, const std::string& name, const char* otherwise) {
    if (const auto found = options.environment.find(name); found != options.environment.end()) {
        return found->second;
    }
    const char* own = std::getenv(name.c_str());
    return own ? own : otherwise;
}

}  // namespace

std::string PythonProgram(const LoadOptions& options) {
    return Setting(options, "GYRE_PYTHON", GYRE_DEFAULT_PYTHON);
}

std::string WorkerPath(const LoadOptions& options) {
    return Setting(options, "GYRE_WORKER_PATH", GYRE_DEFAULT_WORKER_PATH);
}

}  // namespace gyre::engine::detail
