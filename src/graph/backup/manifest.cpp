#include "graph/backup/manifest.h"

#include <algorithm>
#include <filesystem>

namespace gyre::graph::backup {
namespace {

using core::Code;

constexpr int64_t kBackupFormat = 1;

tl::unexpected<core::Error> UnreadableManifest() {
    return core::Fail(Code::kDataLoss, "the backup's manifest.json cannot be read");
}

}  // namespace

uint64_t Manifest::Bytes() const {
    uint64_t bytes = 0;
    for (const File& file : files) bytes += file.size;
    return bytes;
}

std::string ManifestText(const Manifest& manifest) {
    core::JsonArray files;
    for (const Manifest::File& file : manifest.files) {
        files.push_back(
            core::JsonObject{{"name", file.name}, {"size", file.size}, {"sha256", file.sha256}});
    }
    return core::JsonText(
               core::JsonObject{{"format", kBackupFormat},
                                {"graph", manifest.graph},
                                {"mode", ModeName(manifest.mode)},
                                {"default_graph", DefaultGraphName(manifest.default_graph)},
                                {"gremlin", VersionName(manifest.rules.gremlin)},
                                {"null_properties", manifest.rules.null_properties},
                                {"epoch", manifest.epoch},
                                {"made", manifest.made},
                                {"files", std::move(files)}}) +
           "\n";
}

bool StaysInside(const std::string& name) {
    const std::filesystem::path path(name);
    return path.is_relative() && !name.empty() &&
           std::ranges::none_of(path, [](const auto& part) { return part == ".."; });
}

core::Result<Manifest> ReadManifest(std::string_view text) {
    const auto json = core::ParseJson(text);
    if (!json) return UnreadableManifest();
    if (core::JsonInt(*json, "format").value_or(0) != kBackupFormat) {
        return core::Fail(Code::kFailedPrecondition,
                          "the backup has a format that this program does not know");
    }
    Manifest manifest;
    manifest.graph = core::JsonStringOr(*json, "graph");
    manifest.epoch = core::JsonStringOr(*json, "epoch");
    manifest.made = core::JsonStringOr(*json, "made");
    const auto mode = ModeOf(core::JsonStringOr(*json, "mode"));
    const auto kind = DefaultGraphNamed(core::JsonStringOr(*json, "default_graph"));
    const auto gremlin = VersionNamed(core::JsonString(*json, "gremlin").value_or("3.7"));
    const core::Json* files = core::JsonFind(*json, "files");
    if (!mode || !kind || !gremlin || files == nullptr || !files->is_array())
        return UnreadableManifest();
    manifest.mode = *mode;
    manifest.default_graph = *kind;
    manifest.rules = {*gremlin, core::JsonBool(*json, "null_properties").value_or(false)};
    for (const core::Json& one : files->get_array()) {
        Manifest::File file{core::JsonStringOr(one, "name"),
                            static_cast<uint64_t>(core::JsonInt(one, "size").value_or(0)),
                            core::JsonStringOr(one, "sha256")};
        if (!StaysInside(file.name)) return UnreadableManifest();
        manifest.files.push_back(std::move(file));
    }
    return manifest;
}

}  // namespace gyre::graph::backup
