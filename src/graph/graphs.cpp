#include "graph/graphs.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/file_system.h"
#include "core/json.h"
#include "graph/file/graph_file.h"

namespace gyre::graph {
namespace {

using core::Code;

constexpr const char* kCatalog = "graphs.json";
constexpr size_t kLongestName = 100;

/// The number behind the point of a spare folder's name; nullopt for another folder.
std::optional<uint64_t> SpareNumber(const std::string& name) {
    const size_t point = name.rfind('.');
    if (point == std::string::npos) return std::nullopt;
    uint64_t number = 0;
    const char* end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + point + 1, end, number);
    if (error != std::errc() || at != end) return std::nullopt;
    return number;
}

}  // namespace

bool IsGraphName(std::string_view name) {
    return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '-';
    });
}

std::string_view ModeName(GraphMode mode) {
    return mode == GraphMode::kNeptune ? "neptune" : "tinkergraph";
}

std::optional<GraphMode> ModeOf(std::string_view name) {
    if (name == "neptune") return GraphMode::kNeptune;
    if (name == "tinkergraph") return GraphMode::kTinkerGraph;
    return std::nullopt;
}

std::string_view DefaultGraphName(rdf::DefaultGraph kind) {
    return kind == rdf::DefaultGraph::kUnion ? "union" : "exclusive";
}

std::optional<rdf::DefaultGraph> DefaultGraphNamed(std::string_view name) {
    if (name == "union") return rdf::DefaultGraph::kUnion;
    if (name == "exclusive") return rdf::DefaultGraph::kExclusive;
    return std::nullopt;
}

core::Result<std::unique_ptr<Graphs>> Graphs::Open(const std::filesystem::path& folder,
                                                   const std::vector<GraphSettings>& settings,
                                                   const StoreOptions& options) {
    std::unique_ptr<Graphs> graphs(new Graphs(folder, options));
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    for (const GraphSettings& one : settings) {
        graphs->entries_[one.name] = {.settings = one, .folder = one.name, .store = nullptr};
    }
    GYRE_TRY(graphs->ReadCatalog());
    graphs->RemoveSpares();
    for (auto& [name, entry] : graphs->entries_) GYRE_TRY(graphs->OpenOne(entry));
    return graphs;
}

// What the configuration says of a graph goes before what was said when it was made.
core::Status Graphs::ReadCatalog() {
    auto& files = core::RealFileSystem();
    const std::filesystem::path file = folder_ / kCatalog;
    if (!files.Stat(file)) return {};
    GYRE_ASSIGN(const std::string text, core::ReadFile(files, file));
    auto json = core::ParseJson(text);
    if (!json) return core::Fail(std::move(json.error()).In(file.string()));
    const core::Json* list = core::JsonFind(*json, "graphs");
    if (list == nullptr || !list->is_array()) return {};
    for (const core::Json& one : list->get_array()) {
        const std::string name = core::JsonStringOr(one, "name");
        const auto mode = ModeOf(core::JsonStringOr(one, "mode"));
        const auto kind = DefaultGraphNamed(core::JsonStringOr(one, "default_graph"));
        const auto gremlin = VersionNamed(core::JsonString(one, "gremlin").value_or("3.7"));
        if (!IsGraphName(name) || !mode || !kind || !gremlin) {
            return core::Fail(Code::kDataLoss, file.string() + ": a graph is unreadable");
        }
        auto& entry = entries_[name];
        if (entry.folder.empty()) {
            entry.settings.name = name;
            entry.settings.mode = *mode;
            entry.settings.default_graph = *kind;
            entry.settings.rules.gremlin = *gremlin;
            entry.settings.rules.null_properties =
                core::JsonBool(one, "null_properties").value_or(false);
            entry.settings.streams = core::JsonBool(one, "streams").value_or(false);
            entry.made = true;
        }
        entry.folder = core::JsonStringOr(one, "folder");
    }
    return {};
}

core::Status Graphs::WriteCatalog(const Entries& entries) const {
    core::JsonArray list;
    for (const auto& [name, entry] : entries) {
        if (!entry.made && entry.folder == name) continue;
        list.push_back(
            core::JsonObject{{"name", name},
                             {"mode", ModeName(entry.settings.mode)},
                             {"default_graph", DefaultGraphName(entry.settings.default_graph)},
                             {"streams", entry.settings.streams},
                             {"gremlin", VersionName(entry.settings.rules.gremlin)},
                             {"null_properties", entry.settings.rules.null_properties},
                             {"folder", entry.folder}});
    }
    return core::WriteFileAtomically(core::RealFileSystem(), folder_ / kCatalog,
                                     core::JsonText(core::JsonObject{{"graphs", list}}) + "\n");
}

// Spare folders that were never taken, or are no more; and a graph's first folder once it has
// another.
void Graphs::RemoveSpares() const {
    std::set<std::string> counts, first;
    for (const auto& [name, entry] : entries_) {
        counts.insert(entry.folder);
        if (entry.folder != name) first.insert(name);
    }
    std::error_code error;
    std::vector<std::filesystem::path> gone;
    for (const auto& one : std::filesystem::directory_iterator(folder_, error)) {
        const std::string name = one.path().filename().string();
        if (!one.is_directory(error) || counts.contains(name)) continue;
        // A snapshot that was cut is a folder ".tmp" of RocksDB's.
        const bool cut =
            one.path().extension() == ".tmp" && SpareNumber(one.path().stem().string());
        if (cut || SpareNumber(name) || first.contains(name)) gone.push_back(one.path());
    }
    for (const auto& path : gone) std::filesystem::remove_all(path, error);
}

core::Status Graphs::OpenOne(Entry& entry) const {
    const GraphSettings& settings = entry.settings;
    GYRE_ASSIGN(entry.store, OpenSpare(folder_ / entry.folder, settings.mode));
    const bool follows = !settings.replica_of.empty();
    if (!follows) GYRE_TRY(entry.store->KeepChanges(settings.streams));
    if (follows || settings.fixture.empty()) return {};
    if (entry.store->Read()->CountVertices(std::nullopt) > 0) return {};
    GYRE_ASSIGN(const std::string text, core::ReadFile(core::RealFileSystem(), settings.fixture));
    if (auto status = file::LoadGraphSon(*entry.store, text); !status) {
        return core::Fail(std::move(status.error()).In(settings.fixture.string()));
    }
    return {};
}

core::Result<std::shared_ptr<GraphStore>> Graphs::OpenSpare(const std::filesystem::path& spare,
                                                            GraphMode mode) const {
    GYRE_ASSIGN(auto store, GraphStore::Open(spare, mode, options_));
    return std::shared_ptr<GraphStore>(std::move(store));
}

std::shared_ptr<GraphStore> Graphs::Find(std::string_view source) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(source);
    return found == entries_.end() ? nullptr : found->second.store;
}

rdf::DefaultGraph Graphs::DefaultGraphOf(std::string_view source) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(source);
    return found == entries_.end() ? rdf::DefaultGraph::kUnion
                                   : found->second.settings.default_graph;
}

Rules Graphs::RulesOf(std::string_view source) const {
    const std::shared_lock lock(mutex_);
    const auto found = entries_.find(source);
    return found == entries_.end() ? Rules() : found->second.settings.rules;
}

std::vector<GraphSettings> Graphs::All() const {
    const std::shared_lock lock(mutex_);
    std::vector<GraphSettings> all;
    for (const auto& [name, entry] : entries_) all.push_back(entry.settings);
    return all;
}

core::Status Graphs::Make(const GraphSettings& settings) {
    if (!IsGraphName(settings.name)) {
        return core::Fail(
            Code::kInvalidArgument,
            "'" + settings.name + "' is no name for a graph: up to 100 letters, digits, _ and -");
    }
    const std::lock_guard changing(changing_);
    if (Find(settings.name)) {
        return core::Fail(Code::kAlreadyExists,
                          "there is a graph named '" + settings.name + "' already");
    }
    Entry entry{.settings = settings, .folder = {}, .made = true, .store = nullptr};
    GYRE_ASSIGN(const auto spare, Spare(settings.name));
    entry.folder = spare.filename().string();
    GYRE_TRY(OpenOne(entry));
    auto entries = entries_;  // only who has changing_ changes them
    entries[settings.name] = entry;
    GYRE_TRY(WriteCatalog(entries));
    const std::unique_lock lock(mutex_);
    entries_ = std::move(entries);
    return {};
}

core::Status Graphs::Remove(const std::string& name) {
    const std::lock_guard changing(changing_);
    auto entries = entries_;
    const auto found = entries.find(name);
    if (found == entries.end()) {
        return core::Fail(Code::kNotFound, "there is no graph named '" + name + "'");
    }
    if (!found->second.made) {
        return core::Fail(Code::kFailedPrecondition, "BadRequestException",
                          "the configuration names the graph '" + name + "'");
    }
    const auto store = found->second.store;
    entries.erase(found);
    GYRE_TRY(WriteCatalog(entries));
    store->Retire();
    const std::unique_lock lock(mutex_);
    entries_ = std::move(entries);
    return {};
}

core::Result<std::filesystem::path> Graphs::Spare(const std::string& name) {
    const std::unique_lock lock(mutex_);
    if (spares_ == 0) {
        for (const auto& [other, entry] : entries_) {
            spares_ = std::max(spares_, SpareNumber(entry.folder).value_or(0));
        }
    }
    return folder_ / (name + "." + std::to_string(++spares_));
}

core::Status Graphs::Replace(const GraphSettings& settings, const std::filesystem::path& spare,
                             std::shared_ptr<GraphStore> store, core::SteadyTime deadline) {
    const std::lock_guard changing(changing_);
    auto entries = entries_;
    const auto found = entries.find(settings.name);
    std::shared_ptr<GraphStore> old;
    std::unique_ptr<Transaction> turn;  // nobody commits to the old one any more
    if (found == entries.end()) {
        entries[settings.name] = {.settings = settings,
                                  .folder = spare.filename().string(),
                                  .made = true,
                                  .store = std::move(store)};
    } else {
        old = found->second.store;
        turn = old->Write(deadline);
        if (!turn) {
            return core::Fail(Code::kConflict, "ConcurrentModificationException",
                              "another transaction has been writing all the time; try again");
        }
        found->second.folder = spare.filename().string();
        found->second.store = std::move(store);
    }
    GYRE_TRY(WriteCatalog(entries));
    if (old) old->Retire();
    const std::unique_lock lock(mutex_);
    entries_ = std::move(entries);
    return {};
}

}  // namespace gyre::graph
