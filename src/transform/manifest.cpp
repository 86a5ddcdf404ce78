#include "transform/manifest.h"

#include "core/json.h"

namespace gyre::transform {
namespace {

using core::Code;
using core::Fail;
using core::Json;
using core::Result;

Result<ManifestEntry> FromUri(std::string_view uri) {
    GYRE_ASSIGN(objects::S3Uri object, objects::S3Uri::Parse(uri));
    if (object.key.empty()) {
        return Fail(Code::kInvalidArgument, "\"" + std::string(uri) + "\" names no object");
    }
    std::string part = object.key;
    return ManifestEntry{std::move(object), std::move(part)};
}

}  // namespace

Result<std::vector<ManifestEntry>> ParseManifest(std::string_view text) {
    GYRE_ASSIGN(const Json json, core::ParseJson(text));
    if (!json.is_array()) return Fail(Code::kInvalidArgument, "a manifest is a JSON array");
    std::string prefix;
    std::vector<ManifestEntry> entries;
    for (const Json& item : json.as_array()) {
        if (const auto given = core::JsonString(item, "prefix")) {
            if (!entries.empty() || !prefix.empty()) {
                return Fail(Code::kInvalidArgument,
                            "a manifest has its one prefix at its beginning");
            }
            prefix = *given;
            continue;
        }
        if (!item.is_string()) {
            return Fail(Code::kInvalidArgument,
                        "item " + std::to_string(entries.size()) +
                            " of the manifest is neither a string nor {\"prefix\": …}");
        }
        const std::string_view name = item.get_string();
        GYRE_ASSIGN(ManifestEntry entry, FromUri(prefix + std::string(name)));
        if (!prefix.empty()) entry.part = name;
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<ManifestEntry> ParseAugmentedLine(std::string_view line) {
    GYRE_ASSIGN(const Json json, core::ParseJson(line));
    const auto source = core::JsonString(json, "source-ref");
    if (!source) {
        return Fail(Code::kInvalidArgument,
                    "a line of an augmented manifest needs \"source-ref\", the URI of an object");
    }
    return FromUri(*source);
}

}  // namespace gyre::transform
