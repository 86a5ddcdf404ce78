#include "telemetry/detail/manifest.h"

#include <charconv>

#include "core/json.h"

namespace gyre::telemetry::detail {
namespace {

constexpr const char* kName = "manifest.json";
constexpr std::string_view kJournal = "journal-";

}  // namespace

core::Result<Manifest> ReadManifest(core::FileSystem& files,
                                    const std::filesystem::path& directory) {
    const auto text = core::ReadFile(files, directory / kName);
    if (!text && text.error().code == core::Code::kNotFound) return Manifest();
    if (!text) return core::Fail(text.error());
    const auto document = core::ParseJson(*text);
    const core::Json* segments = document ? core::JsonFind(*document, "segments") : nullptr;
    const auto journal = document ? core::JsonInt(*document, "first_journal") : std::nullopt;
    if (!segments || !segments->is_array() || !journal ||
        core::JsonInt(*document, "version") != 1) {
        return core::Fail(core::Code::kDataLoss,
                          (directory / kName).string() +
                              " cannot be read; without it the metrics' files do not count");
    }
    Manifest manifest;
    manifest.first_journal = static_cast<uint64_t>(*journal);
    for (const core::Json& name : segments->as_array()) {
        if (name.is_string()) manifest.segments.emplace(name.as_string());
    }
    return manifest;
}

core::Status WriteManifest(core::FileSystem& files, const std::filesystem::path& directory,
                           const Manifest& manifest) {
    core::JsonArray segments;
    for (const std::string& name : manifest.segments) segments.push_back(core::Json(name));
    const core::JsonObject document{{"version", 1},
                                    {"first_journal", manifest.first_journal},
                                    {"segments", std::move(segments)}};
    return core::WriteFileAtomically(files, directory / kName, core::JsonText(document));
}

std::optional<uint64_t> JournalNumber(std::string_view name) {
    if (!name.starts_with(kJournal)) return std::nullopt;
    name.remove_prefix(kJournal.size());
    uint64_t number = 0;
    const auto [rest, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error != std::errc() || rest != name.data() + name.size()) return std::nullopt;
    return number;
}

}  // namespace gyre::telemetry::detail
