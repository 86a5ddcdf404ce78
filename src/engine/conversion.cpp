#include "engine/conversion.h"

#include <boost/json.hpp>

#include <algorithm>
#include <deque>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "core/process.h"
#include "engine/detail/file_lock.h"
#include "engine/detail/python_setting.h"
#include "engine/openvino/load.h"

namespace gyre::engine {
namespace {

namespace fs = std::filesystem;
using core::Code;
using core::Fail;
using core::Result;
using core::Status;

constexpr core::seconds kLongest{15 * 60};
constexpr size_t kLinesKept = 20;

Result<std::string> FileDigest(const fs::path& path) {
    GYRE_ASSIGN(const auto file, core::RealFileSystem().Open(path));
    core::Digest digest(core::DigestKind::kSha256);
    std::string block(1 << 20, '\0');
    for (uint64_t at = 0; at < file->Size(); at += block.size()) {
        GYRE_ASSIGN(const size_t count, file->ReadAt(at, block));
        digest.Update(std::string_view(block).substr(0, count));
    }
    return core::HexEncode(digest.Finish());
}

/// The converter's own files: what they write depends on them.
Result<std::string> ConverterDigest(const LoadOptions& options) {
    std::string all;
    const fs::path folder = fs::path(detail::WorkerPath(options)) / "gyre_convert";
    GYRE_ASSIGN(const auto names, core::RealFileSystem().List(folder));
    for (const std::string& name : names) {
        if (!name.ends_with(".py")) continue;
        GYRE_ASSIGN(const std::string digest, FileDigest(folder / name));
        all += name + digest;
    }
    return all;
}

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

/// Runs the converter until it has ended.
Status RunConverter(const LoadOptions& options, const core::Json& job, const fs::path& output) {
    GYRE_TRY(core::WriteFileAtomically(core::RealFileSystem(), output / "job.json",
                                       core::JsonText(job)));
    core::Guarded<std::deque<std::string>> lines;
    core::ProcessSpec spec;
    spec.command = {detail::PythonProgram(options), "-u", "-m", "gyre_convert",
                    output / "job.json"};
    spec.environment["PYTHONPATH"] = detail::WorkerPath(options);
    spec.environment["OPENVINO_TELEMETRY"] = "0";
    spec.on_line = [&](std::string_view line, bool) {
        auto kept = lines.Lock();
        kept->emplace_back(line);
        if (kept->size() > kLinesKept) kept->pop_front();
        if (options.on_log) options.on_log(line);
    };
    GYRE_ASSIGN(const auto process, core::ChildProcess::Start(std::move(spec)));
    const auto exit = process->Wait(core::SystemClock().Now() + kLongest);
    if (!exit) return Fail(Code::kDeadlineExceeded, "the conversion took more than 15 minutes");
    if (exit->Success()) return {};
    std::string message = "the converter ended (" + exit->ToString() + ")";
    for (const std::string& line : *lines.Lock()) message += "\n" + line;
    return Fail(Code::kInternal, message);
}

/// Durable before it gets its name.
Status SyncFiles(const fs::path& folder) {
    core::FileSystem& files = core::RealFileSystem();
    GYRE_ASSIGN(const auto names, files.List(folder));
    for (const std::string& name : names) {
        GYRE_ASSIGN(const auto file, files.OpenAppend(folder / name));
        GYRE_TRY(file->Sync());
    }
    return files.SyncDirectory(folder);
}

Result<Conversion> ReadConversion(const fs::path& folder, const fs::path& model) {
    GYRE_ASSIGN(const std::string text,
                core::ReadFile(core::RealFileSystem(), folder / "report.json"));
    Conversion conversion;
    GYRE_ASSIGN(conversion.report, core::ParseJson(text));
    const auto outcome = core::JsonString(conversion.report, "outcome").value_or("");
    conversion.reason = core::JsonString(conversion.report, "reason").value_or("");
    if (outcome == "damaged") {
        return Fail(Code::kInvalidArgument,
                    model.filename().string() + " cannot be loaded: " + conversion.reason);
    }
    if (outcome == "converted") {
        conversion.outcome = Conversion::Outcome::kConverted;
        conversion.ir = folder / "model.xml";
    }
    return conversion;
}

}  // namespace

Result<Conversion> ConvertTorchScript(const LoadOptions& options, const ModelSettings& settings,
                                      const fs::path& file) {
    core::JsonObject job{{"action", "torchscript"},
                         {"model", fs::absolute(file).string()},
                         {"inputs", InputsJson(settings)}};
    if (options.cache_directory.empty()) {
        auto folder = std::make_unique<core::TempDir>();
        job["output"] = folder->Path().string();
        GYRE_TRY(RunConverter(options, job, folder->Path()));
        GYRE_ASSIGN(Conversion conversion, ReadConversion(folder->Path(), file));
        conversion.keep = std::move(folder);
        return conversion;
    }
    GYRE_ASSIGN(const std::string digest, FileDigest(file));
    GYRE_ASSIGN(const std::string converter, ConverterDigest(options));
    const std::string key = core::HexEncode(core::Sha256(
        digest + converter + OpenVinoVersion() + core::JsonText(core::Json(job["inputs"]))));
    core::FileSystem& files = core::RealFileSystem();
    const fs::path cache = fs::path(options.cache_directory) / "conversions";
    const fs::path place = cache / key;
    GYRE_TRY(files.MakeDirectories(cache));
    GYRE_ASSIGN(const auto lock, detail::FileLock::Take(cache / (key + ".lock"),
                                                        core::SystemClock().Now() + kLongest));
    if (files.Stat(place / "report.json")) return ReadConversion(place, file);
    const fs::path partial = cache / (key + ".partial");  // ours alone, by the lock
    GYRE_TRY(files.RemoveAll(partial));
    GYRE_TRY(files.MakeDirectories(partial));
    job["output"] = partial.string();
    GYRE_TRY(RunConverter(options, job, partial));
    GYRE_TRY(SyncFiles(partial));
    GYRE_TRY(files.Rename(partial, place));
    GYRE_TRY(files.SyncDirectory(cache));
    return ReadConversion(place, file);
}

}  // namespace gyre::engine
