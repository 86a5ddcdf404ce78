#include "serving/torchserve/archive.h"

#include <yaml-cpp/yaml.h>

#include <boost/json.hpp>

#include <charconv>
#include <utility>

#include "core/ascii.h"
#include "core/file_system.h"
#include "core/log.h"

namespace gyre::serving::torchserve {
namespace {

using core::Code;
using core::Result;

constexpr const char* kManifest = "MAR-INF/MANIFEST.json";

core::Json ValueOf(const YAML::Node& node) {
    if (node.IsMap()) return core::JsonObject{};
    if (node.IsSequence()) return core::JsonArray{};
    if (!node.IsScalar()) return nullptr;
    const std::string& text = node.Scalar();
    if (node.Tag() != "?") return core::Json(text);  // quoted
    int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error == std::errc() && stop == end) return number;
    const std::string lower = core::AsciiLower(text);
    if (lower == "true" || lower == "yes" || lower == "on") return true;
    if (lower == "false" || lower == "no" || lower == "off") return false;
    return core::Json(text);
}

void Ignore(const std::string& key, const core::Json& value, const char* why) {
    core::LogWarning("a setting of the model's YAML is ignored",
                     {{"key", key}, {"value", core::JsonText(value)}, {"reason", why}});
}

}  // namespace

Result<core::JsonObject> TopScalars(std::string_view yaml) {
    core::JsonObject scalars;
    try {
        const YAML::Node root = YAML::Load(std::string(yaml));
        if (root.IsNull()) return scalars;
        if (!root.IsMap()) {
            return core::Fail(Code::kInvalidArgument, "the model's YAML has no keys");
        }
        for (const auto& entry : root) {
            if (entry.first.IsScalar()) scalars[entry.first.Scalar()] = ValueOf(entry.second);
        }
    } catch (const YAML::Exception& error) {
        return core::Fail(Code::kInvalidArgument,
                          std::string("the model's YAML cannot be read: ") + error.what());
    }
    return scalars;
}

std::optional<int> ArchiveInfo::Number(const std::string& key, int least) const {
    const core::Json* value = config.if_contains(key);
    if (value == nullptr) return std::nullopt;
    if (!value->is_int64() || !std::in_range<int>(value->get_int64())) {
        Ignore(key, *value, "it is no whole number");
        return std::nullopt;
    }
    const int number = static_cast<int>(value->get_int64());
    if (number < least) {
        Ignore(key, *value, "it is too small");
        return std::nullopt;
    }
    return number;
}

bool ArchiveInfo::Flag(const std::string& key) const {
    const core::Json* value = config.if_contains(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) Ignore(key, *value, "it is neither true nor false");
    return value->is_bool() && value->get_bool();
}

Result<ArchiveInfo> ReadArchive(const std::filesystem::path& directory) {
    ArchiveInfo info;
    info.version = "1.0";
    std::error_code ignored;
    if (!std::filesystem::exists(directory / kManifest, ignored)) return info;
    auto text = core::ReadFile(core::RealFileSystem(), directory / kManifest);
    if (!text) return core::Fail(std::move(text.error()).In(kManifest));
    auto json = core::ParseJson(*text);
    if (!json) return core::Fail(std::move(json.error()).In(kManifest));
    const core::Json* model = core::JsonFind(*json, "model");
    if (model == nullptr || !model->is_object()) {
        return core::Fail(Code::kInvalidArgument,
                          std::string(kManifest) + " has no object \"model\"");
    }
    info.name = core::JsonStringOr(*model, "modelName", "");
    info.version = core::JsonStringOr(*model, "modelVersion", info.version);
    info.runtime = core::JsonStringOr(*json, "runtime", "python");
    info.handler = core::JsonStringOr(*model, "handler", "");
    info.requirements = !core::JsonStringOr(*model, "requirementsFile", "").empty();
    if (const std::string file = core::JsonStringOr(*model, "configFile", ""); !file.empty()) {
        if (file.find("..") != std::string::npos) {
            return core::Fail(Code::kInvalidArgument, "configFile leads out of the archive");
        }
        auto yaml = core::ReadFile(core::RealFileSystem(), directory / file);
        if (!yaml) return core::Fail(std::move(yaml.error()).In("the model's configFile"));
        GYRE_ASSIGN(info.config, TopScalars(*yaml));
    }
    return info;
}

}  // namespace gyre::serving::torchserve
