#include "serving/torchserve/snapshot.h"

#include <boost/json.hpp>

#include <algorithm>
#include <ctime>

#include "core/file_system.h"
#include "core/json.h"
#include "core/log.h"

namespace gyre::serving::torchserve {
namespace {

namespace fs = std::filesystem;
using core::Json;
using core::JsonObject;

constexpr size_t kKept = 100;
constexpr const char* kEnding = ".cfg";

/// Java's properties: a backslash stands for itself when it is doubled.
std::string Escaped(std::string_view value) {
    std::string text;
    for (const char c : value) {
        if (c == '\\') text += '\\';
        text += c;
    }
    return text;
}

/// "20261129071502123", of UTC.
uint64_t Stamp(core::WallTime now) {
    const auto ms = std::chrono::duration_cast<core::milliseconds>(now.time_since_epoch()).count();
    const std::time_t seconds = ms / 1000;
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    uint64_t stamp = static_cast<uint64_t>(utc.tm_year) + 1900;
    for (const int part : {utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec}) {
        stamp = stamp * 100 + static_cast<uint64_t>(part);
    }
    return stamp * 1000 + static_cast<uint64_t>(ms % 1000);
}

std::vector<fs::path> Files(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code failed;
    for (const auto& entry : fs::directory_iterator(folder, failed)) {
        std::error_code ignored;
        if (entry.path().extension() == kEnding && entry.is_regular_file(ignored)) {
            files.push_back(entry.path());
        }
    }
    return files;
}

}  // namespace

std::string SnapshotText(Properties properties, const std::string& name,
                         const std::vector<SnapshotModel>& models, core::WallTime now) {
    JsonObject by_name;
    for (const SnapshotModel& model : models) {
        Json& versions = by_name[model.name];
        if (!versions.is_object()) versions = JsonObject{};
        versions.get_object()[model.version] =
            JsonObject{{"defaultVersion", model.is_default},
                       {"marName", model.url},
                       {"minWorkers", model.settings.min_workers},
                       {"maxWorkers", model.settings.max_workers},
                       {"batchSize", model.settings.batch_size},
                       {"maxBatchDelay", model.settings.max_batch_delay_ms},
                       {"responseTimeout", model.settings.response_timeout_s},
                       {"startupTimeout", model.settings.startup_timeout_s}};
    }
    properties["model_snapshot"] = core::JsonText(JsonObject{
        {"name", name},
        {"modelCount", static_cast<int64_t>(models.size())},
        {"created", std::chrono::duration_cast<core::milliseconds>(now.time_since_epoch()).count()},
        {"models", std::move(by_name)}});
    std::string text =
        "# A snapshot of a server: torchserve --start takes the last one up again.\n";
    for (const auto& [key, value] : properties) text += key + "=" + Escaped(value) + "\n";
    return text;
}

core::Result<std::vector<SnapshotModel>> ReadSnapshot(std::string_view json) {
    GYRE_ASSIGN(const Json snapshot, core::ParseJson(json));
    const Json* const by_name = core::JsonFind(snapshot, "models");
    std::vector<SnapshotModel> models;
    if (by_name == nullptr || !by_name->is_object()) {
        return core::Fail(core::Code::kInvalidArgument, "model_snapshot holds no models");
    }
    for (const auto& [name, versions] : by_name->get_object()) {
        if (!versions.is_object()) {
            return core::Fail(core::Code::kInvalidArgument,
                              "model_snapshot: " + std::string(name) + " has no versions");
        }
        for (const auto& [version, given] : versions.get_object()) {
            SnapshotModel model;
            model.name = std::string(name);
            model.version = std::string(version);
            model.url = core::JsonStringOr(given, "marName");
            model.is_default = core::JsonBool(given, "defaultVersion").value_or(false);
            const auto read = [&value = given](const char* key, int& into) {
                into = static_cast<int>(core::JsonInt(value, key).value_or(into));
            };
            read("minWorkers", model.settings.min_workers);
            read("maxWorkers", model.settings.max_workers);
            read("batchSize", model.settings.batch_size);
            read("maxBatchDelay", model.settings.max_batch_delay_ms);
            read("responseTimeout", model.settings.response_timeout_s);
            read("startupTimeout", model.settings.startup_timeout_s);
            models.push_back(std::move(model));
        }
    }
    return models;
}

std::optional<fs::path> LastSnapshot(const fs::path& folder) {
    std::optional<fs::path> last;
    fs::file_time_type last_time;
    for (const fs::path& file : Files(folder)) {
        std::error_code failed;
        const auto time = fs::last_write_time(file, failed);
        if (failed) continue;
        // Of two that were written in one tick of the file system's clock, the later name.
        if (last && (time < last_time || (time == last_time && file < *last))) continue;
        last = file;
        last_time = time;
    }
    return last;
}

void Snapshots::Save(const std::string& occasion) {
    const std::lock_guard lock(mutex_);
    const core::WallTime now = clock_.WallNow();
    last_ = std::max(last_ + 1, Stamp(now));
    const std::string name = std::to_string(last_) + "-" + occasion + kEnding;
    std::vector<SnapshotModel> models;
    for (const auto& [model, url] : models_.List()) {
        const auto main = models_.Describe(model, "");
        const auto all = models_.Describe(model, "all");
        if (!main || !all) continue;  // it went meanwhile
        for (const ModelFacts& facts : *all) {
            models.push_back({.name = model,
                              .version = facts.archive.version,
                              .is_default = facts.archive.version == main->front().archive.version,
                              .url = facts.url,
                              .settings = facts.settings});
        }
    }
    auto& files = core::RealFileSystem();
    auto saved = files.MakeDirectories(folder_);
    if (saved) {
        saved = core::WriteFileAtomically(files, folder_ / name,
                                          SnapshotText(properties_, name, models, now));
    }
    if (!saved) {
        return core::LogWarning(
            "a snapshot cannot be written; a restart takes up an older one",
            {{"file", (folder_ / name).string()}, {"why", saved.error().message}});
    }
    RemoveOld();
}

void Snapshots::RemoveOld() const {
    auto files = Files(folder_);
    std::erase_if(files, [](const fs::path& file) {  // the user's own stay
        const std::string name = file.stem().string();
        return !name.ends_with("-snapshot") && !name.ends_with("-startup") &&
               !name.ends_with("-shutdown");
    });
    if (files.size() <= kKept) return;
    std::ranges::sort(files);
    for (size_t i = 0; i + kKept < files.size(); ++i) {
        std::error_code ignored;
        fs::remove(files[i], ignored);
    }
}

}  // namespace gyre::serving::torchserve
