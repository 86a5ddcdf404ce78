#include "engine/converter.h"

#include <boost/json.hpp>

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

Status RunProcess(const LoadOptions& options, const fs::path& job) {
    core::Guarded<std::deque<std::string>> lines;
    core::ProcessSpec spec;
    spec.command = {detail::PythonProgram(options), "-u", "-m", "gyre_convert", job.string()};
    spec.environment["PYTHONPATH"] = detail::WorkerPath(options);
    spec.on_line = [&](std::string_view line, bool) {
        auto kept = lines.Lock();
        kept->emplace_back(line);
        if (kept->size() > kLinesKept) kept->pop_front();
        if (options.on_log) options.on_log(line);
    };
    std::optional<core::ExitStatus> exit;
    {
        auto process = core::ChildProcess::Start(std::move(spec));
        if (!process) return Fail(std::move(process.error()).In("start the converter"));
        exit = (*process)->Wait(core::SystemClock().Now() + kLongest);
    }  // its last lines are read
    if (!exit) return Fail(Code::kDeadlineExceeded, "the conversion took more than 15 minutes");
    if (exit->Success()) return {};
    std::string message = "the converter ended (" + exit->ToString() + ")";
    for (const std::string& line : *lines.Lock()) message += "\n" + line;
    core::Error error(Code::kInternal, message);
    if (exit->signal != 0) error.details["signal"] = std::to_string(exit->signal);
    return Fail(std::move(error));
}

Status RunIn(const LoadOptions& options, ConverterJob& job, const fs::path& folder) {
    if (job.prepare) GYRE_TRY(job.prepare(folder));
    job.job["output"] = folder.string();
    GYRE_TRY(core::WriteFileAtomically(core::RealFileSystem(), folder / "job.json",
                                       core::JsonText(job.job)));
    return RunProcess(options, folder / "job.json");
}

/// Durable before it gets its name.
Status SyncFiles(const fs::path& folder) {
    core::FileSystem& files = core::RealFileSystem();
    GYRE_ASSIGN(const auto names, files.List(folder));
    for (const std::string& name : names) {
        GYRE_ASSIGN(const auto info, files.Stat(folder / name));
        if (info.is_directory) continue;
        GYRE_ASSIGN(const auto file, files.OpenAppend(folder / name));
        GYRE_TRY(file->Sync());
    }
    return files.SyncDirectory(folder);
}

Result<ConverterResult> ReadResult(const fs::path& folder) {
    GYRE_ASSIGN(const std::string text,
                core::ReadFile(core::RealFileSystem(), folder / "report.json"));
    ConverterResult result;
    result.folder = folder;
    GYRE_ASSIGN(result.report, core::ParseJson(text));
    return result;
}

}  // namespace

Result<std::string> FileDigest(const fs::path& path) {
    GYRE_ASSIGN(const auto file, core::RealFileSystem().Open(path));
    core::Digest digest(core::DigestKind::kSha256);
    std::string block(1 << 20, '\0');
    for (uint64_t at = 0; at < file->Size();) {
        GYRE_ASSIGN(const size_t count, file->ReadAt(at, block));
        if (count == 0) break;  // it has become shorter
        digest.Update(std::string_view(block).substr(0, count));
        at += count;
    }
    return core::HexEncode(digest.Finish());
}

Result<ConverterResult> RunConverter(const LoadOptions& options, ConverterJob job) {
    if (options.cache_directory.empty()) {
        auto folder = std::make_unique<core::TempDir>();
        GYRE_TRY(RunIn(options, job, folder->Path()));
        GYRE_ASSIGN(ConverterResult result, ReadResult(folder->Path()));
        result.keep = std::move(folder);
        return result;
    }
    GYRE_ASSIGN(const std::string converter, ConverterDigest(options));
    const std::string key =
        core::HexEncode(core::Sha256(job.identity + "\n" + converter + "\n" + OpenVinoVersion()));
    core::FileSystem& files = core::RealFileSystem();
    const fs::path cache = fs::path(options.cache_directory) / "conversions";
    const fs::path place = cache / key;
    GYRE_TRY(files.MakeDirectories(cache));
    GYRE_ASSIGN(const auto lock, detail::FileLock::Take(cache / (key + ".lock"),
                                                        core::SystemClock().Now() + kLongest));
    if (files.Stat(place / "report.json")) return ReadResult(place);
    const fs::path partial = cache / (key + ".partial");  // ours alone, by the lock
    GYRE_TRY(files.RemoveAll(partial));
    GYRE_TRY(files.RemoveAll(place));
    GYRE_TRY(files.MakeDirectories(partial));
    GYRE_TRY(RunIn(options, job, partial));
    GYRE_TRY(SyncFiles(partial));
    GYRE_TRY(files.Rename(partial, place));
    GYRE_TRY(files.SyncDirectory(cache));
    return ReadResult(place);
}

}  // namespace gyre::engine
