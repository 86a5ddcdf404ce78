#include "serving/torchserve/archive.h"

#include <charconv>

#include "core/ascii.h"
#include "core/file_system.h"

namespace gyre::serving::torchserve {
namespace {

using core::Code;
using core::Result;

constexpr const char* kManifest = "MAR-INF/MANIFEST.json";

std::string_view Trimmed(std::string_view text) {
    const size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

std::map<std::string, std::string> TopScalars(std::string_view yaml) {
    std::map<std::string, std::string> scalars;
    while (!yaml.empty()) {
        const size_t end = std::min(yaml.find('\n'), yaml.size());
        std::string_view line = yaml.substr(0, end);
        yaml.remove_prefix(std::min(end + 1, yaml.size()));
        if (const size_t comment = line.find(" #"); comment != std::string_view::npos) {
            line = line.substr(0, comment);
        }
        if (line.empty() || line[0] == '#' || line[0] == ' ' || line[0] == '-') continue;
        const size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        std::string_view value = Trimmed(line.substr(colon + 1));
        const bool quoted = value.size() >= 2 && value.front() == value.back() &&
                            (value.front() == '"' || value.front() == '\'');
        if (quoted) value = value.substr(1, value.size() - 2);
        if (!value.empty())
            scalars.insert_or_assign(std::string(Trimmed(line.substr(0, colon))),
                                     std::string(value));
    }
    return scalars;
}

Result<std::optional<int>> ArchiveInfo::Number(const std::string& key) const {
    const auto found = config.find(key);
    if (found == config.end()) return std::nullopt;
    int value = 0;
    const char* const end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, value);
    if (error != std::errc() || stop != end) {
        return core::Fail(Code::kInvalidArgument, "the model's YAML says " + key + ": " +
                                                      found->second + ", which is no whole number");
    }
    return value;
}

Result<bool> ArchiveInfo::Flag(const std::string& key) const {
    const auto found = config.find(key);
    if (found == config.end()) return false;
    const std::string text = core::AsciiLower(found->second);
    if (text == "true" || text == "yes" || text == "on") return true;
    if (text == "false" || text == "no" || text == "off") return false;
    return core::Fail(Code::kInvalidArgument, "the model's YAML says " + key + ": " +
                                                  found->second + ", which is not true or false");
}

Result<ArchiveInfo> ReadArchive(const std::filesystem::path& directory) {
    auto text = core::ReadFile(core::RealFileSystem(), directory / kManifest);
    if (!text) {
        return core::Fail(Code::kInvalidArgument, std::string("the archive has no ") + kManifest +
                                                      ": make it with "
                                                      "torch-model-archiver");
    }
    auto json = core::ParseJson(*text);
    if (!json) return core::Fail(std::move(json.error()).In(kManifest));
    const core::Json* model = core::JsonFind(*json, "model");
    if (model == nullptr || !model->is_object()) {
        return core::Fail(Code::kInvalidArgument,
                          std::string(kManifest) + " has no object \"model\"");
    }
    ArchiveInfo info;
    info.name = core::JsonStringOr(*model, "modelName", "");
    info.version = core::JsonStringOr(*model, "modelVersion", "1.0");
    info.runtime = core::JsonStringOr(*json, "runtime", "python");
    info.handler = core::JsonStringOr(*model, "handler", "");
    info.requirements = !core::JsonStringOr(*model, "requirementsFile", "").empty();
    if (const std::string file = core::JsonStringOr(*model, "configFile", ""); !file.empty()) {
        if (file.find("..") != std::string::npos) {
            return core::Fail(Code::kInvalidArgument, "configFile leads out of the archive");
        }
        auto yaml = core::ReadFile(core::RealFileSystem(), directory / file);
        if (!yaml) return core::Fail(std::move(yaml.error()).In("the model's configFile"));
        info.config = TopScalars(*yaml);
    }
    return info;
}

}  // namespace gyre::serving::torchserve
