#include "engine/python/requirements.h"

#include <deque>
#include <filesystem>
#include <mutex>

#include "core/file_system.h"
#include "core/json.h"
#include "core/process.h"
#include "engine/python/worker.h"

namespace gyre::engine::python {
namespace {

constexpr size_t kLastLines = 15;
constexpr std::string_view kAnswer = "gyre python ";

std::filesystem::path CacheOf(const LoadOptions& options) {
    const std::filesystem::path cache = options.cache_directory.empty()
                                            ? std::filesystem::temp_directory_path() / "gyre-cache"
                                            : std::filesystem::path(options.cache_directory);
    return std::filesystem::absolute(cache) / "requirements";
}

/// What a TorchServe archive's manifest names, below the archive; "" when it names none.
std::string OfManifest(const std::filesystem::path& directory) {
    const auto text = core::ReadFile(core::RealFileSystem(), directory / "MAR-INF/MANIFEST.json");
    const auto json = text ? core::ParseJson(*text) : core::Fail(text.error());
    const core::Json* model = json ? core::JsonFind(*json, "model") : nullptr;
    return model == nullptr ? "" : core::JsonStringOr(*model, "requirementsFile", "");
}

/// The model's file of requirements, below `directory`; "" when there is none to be heeded.
core::Result<std::string> RequirementsOf(const LoadOptions& options,
                                         const std::filesystem::path& directory) {
    std::error_code ignored;
    std::string file = "code/requirements.txt";
    if (std::filesystem::is_regular_file(directory / file, ignored)) return file;
    const auto asked = options.environment.find("TS_INSTALL_PY_DEP_PER_MODEL");
    if (asked == options.environment.end() || asked->second != "true") return "";
    file = OfManifest(directory);
    if (file.empty()) return file;
    const std::filesystem::path path(file);
    if (path.is_absolute() || file.find("..") != std::string::npos ||
        !std::filesystem::is_regular_file(directory / path, ignored)) {
        return core::Fail(core::Code::kInvalidArgument,
                          "the manifest's requirementsFile is no file of the archive: " + file);
    }
    return file;
}

}  // namespace

core::Result<std::string> PythonWithRequirements(const LoadOptions& options) {
    std::string python = DefaultPython(options);
    std::error_code ignored;
    const auto directory = std::filesystem::absolute(options.directory, ignored);
    GYRE_ASSIGN(const std::string file, RequirementsOf(options, directory));
    if (file.empty()) return python;
    struct Output {  // written by the process's reader, read when it is gone
        std::deque<std::string> last_lines;
        std::string answer;
    } output;
    core::ProcessSpec spec;
    spec.command = {python, "-m", "gyre_worker.requirements", directory, file, CacheOf(options)};
    spec.environment = options.environment;
    spec.environment["PYTHONPATH"] = WorkerPath(options);
    spec.directory = directory;
    spec.on_line = [&](std::string_view bytes, bool) {
        const std::string line = ValidUtf8(bytes);
        if (line.starts_with(kAnswer)) {
            output.answer = line.substr(kAnswer.size());
            return;
        }
        output.last_lines.push_back(line);
        if (output.last_lines.size() > kLastLines) output.last_lines.pop_front();
        if (options.on_log) options.on_log(line);
    };
    core::ExitStatus exit;
    {
        GYRE_ASSIGN(const auto process, core::ChildProcess::Start(std::move(spec)));
        exit = *process->Wait(core::SteadyTime::max());
    }
    if (exit.Success() && !output.answer.empty()) return output.answer;
    std::string message =
        file + " cannot be installed (" + exit.ToString() + "); pip's last lines:";
    for (const std::string& line : output.last_lines) message += "\n" + line;
    return core::Fail(core::Code::kInvalidArgument, std::move(message));
}

}  // namespace gyre::engine::python
