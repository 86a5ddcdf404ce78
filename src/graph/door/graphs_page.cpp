#include "graph/door/graphs_page.h"

#include <algorithm>
#include <charconv>

#include "core/digest.h"
#include "core/file_system.h"
#include "core/json.h"
#include "graph/door/json_page.h"
#include "graph/file/graph_file.h"
#include "graph/replica/change_feed.h"

namespace gyre::graph::door {
namespace {

using core::Code;

constexpr std::string_view kGraphsPath = "/graphs";
/// A snapshot that nobody has read for so long is dropped.
constexpr std::chrono::minutes kSnapshotLives{10};
constexpr size_t kMostSnapshots = 16;
constexpr uint64_t kMostPiece = uint64_t{8} << 20;
constexpr uint64_t kMostChanges = 100'000;

tl::unexpected<core::Error> WrongMember(std::string message) {
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException", std::move(message));
}

tl::unexpected<core::Error> NoSuchName(const std::string& name) {
    return core::Fail(Code::kNotFound, "ResourceNotFoundException",
                      "there is no graph named '" + name + "'");
}

/// The parts of a path below /graphs.
std::vector<std::string> PathParts(std::string_view path) {
    std::vector<std::string> parts;
    path.remove_prefix(std::min(kGraphsPath.size(), path.size()));
    while (!path.empty()) {
        const size_t end = std::min(path.find('/'), path.size());
        if (end > 0) parts.emplace_back(path.substr(0, end));
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return parts;
}

uint64_t NumberMember(const std::map<std::string, std::string>& members, const char* name,
                      uint64_t otherwise) {
    const auto found = members.find(name);
    if (found == members.end()) return otherwise;
    uint64_t number = otherwise;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), number);
    return number;
}

net::Response BytesPage(std::string bytes) {
    net::Response response;
    response.headers.Add("Content-Type", "application/octet-stream");
    response.body = std::move(bytes);
    return response;
}

bool IsFileName(const std::string& name) {
    return !name.empty() && !name.starts_with('.') && name.find('/') == std::string::npos &&
           name.find('\0') == std::string::npos;
}

}  // namespace

std::string_view GraphsPage::ActionOf(const net::RequestHead& head) {
    const auto parts = PathParts(head.path);
    if (parts.size() >= 2 && parts[1] == "changes") return "GetStreamRecords";
    if (parts.size() >= 2) return "CopyDatabase";
    return head.method == "GET" ? "GetEngineStatus" : "ManageGraphs";
}

core::Result<net::Response> GraphsPage::Serve(const net::RequestHead& head,
                                              const std::string& body) {
    const auto parts = PathParts(head.path);
    const auto query = net::ParseQuery(head.query);
    if (!query) return core::Fail(Code::kInvalidArgument, "BadRequestException", "broken escape");
    const Members members(query->begin(), query->end());
    const std::string& method = head.method;
    if (parts.empty() && method == "GET") return List();
    if (parts.size() == 1 && method == "PUT") return Put(parts[0], members, body);
    if (parts.size() == 1 && method == "DELETE") {
        GYRE_TRY(graphs_.Remove(parts[0]));
        return JsonPage(core::JsonObject{{"status", "200 OK"}});
    }
    if (parts.size() == 2 && parts[1] == "changes" && method == "GET") {
        return Changes(parts[0], members);
    }
    if (parts.size() == 2 && parts[1] == "snapshots" && method == "POST") {
        return MakeSnapshot(parts[0]);
    }
    if (parts.size() == 3 && parts[1] == "snapshots" && method == "GET") {
        return ReadSnapshot(parts[2], members);
    }
    if (parts.size() == 3 && parts[1] == "snapshots" && method == "DELETE") {
        copies_.Lock()->erase(parts[2]);
        return JsonPage(core::JsonObject{{"status", "200 OK"}});
    }
    return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                      method + " " + head.path + " is not implemented");
}

net::Response GraphsPage::List() const {
    core::JsonArray list;
    for (const GraphSettings& one : graphs_.All()) {
        const auto store = graphs_.Find(one.name);
        if (!store) continue;
        const auto graph = store->Read();
        rdf::Quads quads(*graph);
        core::JsonObject json{{"name", one.name},
                              {"mode", ModeName(one.mode)},
                              {"defaultGraph", DefaultGraphName(one.default_graph)},
                              {"streams", store->KeepsChanges()},
                              {"gremlin", VersionName(one.rules.gremlin)},
                              {"nullProperties", one.rules.null_properties},
                              {"vertices", graph->CountVertices(std::nullopt)},
                              {"edges", graph->CountEdges(std::nullopt)},
                              {"quads", quads.Count()},
                              {"bytes", store->Size()}};
        if (!one.replica_of.empty()) json["replicaOf"] = one.replica_of;
        list.push_back(std::move(json));
    }
    return JsonPage(core::JsonObject{{"graphs", std::move(list)}});
}

core::Result<net::Response> GraphsPage::Put(const std::string& name, const Members& members,
                                            const std::string& body) {
    const auto member = [&](const char* key, std::string_view otherwise) {
        const auto found = members.find(key);
        return found == members.end() ? std::string(otherwise) : found->second;
    };
    GraphSettings settings;
    settings.name = name;
    const auto mode = ModeOf(member("mode", "neptune"));
    const auto kind = DefaultGraphNamed(member("default_graph", "union"));
    const auto gremlin = VersionNamed(member("gremlin", VersionName(gremlin_)));
    if (!gremlin) return WrongMember("gremlin is 3.7 or 3.8");
    if (!mode) return WrongMember("mode is neptune or tinkergraph");
    if (!kind) return WrongMember("default_graph is union or exclusive");
    settings.mode = *mode;
    settings.default_graph = *kind;
    settings.streams = member("streams", "false") == "true";
    settings.rules = {*gremlin, member("null_properties", "false") == "true"};
    if (settings.rules.null_properties && settings.mode != GraphMode::kTinkerGraph) {
        return WrongMember("null_properties is for graphs of the mode tinkergraph");
    }
    auto store = graphs_.Find(name);
    const bool replace = member("replace", "false") == "true";
    if (store) {
        GYRE_TRY(store->Serves(true, clock_.Now()));
        if (!replace) {
            return core::Fail(Code::kAlreadyExists, "ConstraintViolationException",
                              "there is a graph named '" + name + "' already");
        }
        if (store->Mode() != *mode) return WrongMember("the graph has another mode");
    } else {
        GYRE_TRY(graphs_.Make(settings));
        store = graphs_.Find(name);
    }
    const std::string file = member("file", "");
    if (!file.empty() && !files_.empty()) {
        if (!IsFileName(file)) return WrongMember("file is a name without a folder");
        GYRE_TRY(core::RealFileSystem().MakeDirectories(files_));
        GYRE_TRY(core::WriteFileAtomically(core::RealFileSystem(), files_ / file, body));
    }
    if (replace) GYRE_TRY(store->Clear(clock_.Now() + timeout_));
    if (!body.empty()) {
        if (auto loaded = file::LoadGraphSon(*store, body); !loaded) {
            if (!replace) std::ignore = graphs_.Remove(name);
            return core::Fail(std::move(loaded.error()).In("the body is no GraphSON 3"));
        }
    }
    const auto graph = store->Read();
    return JsonPage(core::JsonObject{{"status", "200 OK"},
                                     {"vertices", graph->CountVertices(std::nullopt)},
                                     {"edges", graph->CountEdges(std::nullopt)}});
}

core::Result<net::Response> GraphsPage::Changes(const std::string& name,
                                                const Members& members) const {
    const auto store = graphs_.Find(name);
    if (!store) return NoSuchName(name);
    const uint64_t most =
        std::clamp<uint64_t>(NumberMember(members, "limit", 10'000), 1, kMostChanges);
    GYRE_ASSIGN(const auto feed,
                replica::ReadFeed(*store, NumberMember(members, "after", 0), most));
    return BytesPage(replica::EncodeFeed(feed));
}

core::Result<net::Response> GraphsPage::MakeSnapshot(const std::string& name) {
    const auto store = graphs_.Find(name);
    if (!store) return NoSuchName(name);
    if (!store->KeepsChanges()) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "changes are not kept here: set graph.streams");
    }
    std::vector<Copy> dropped;  // outside the lock
    {
        auto copies = copies_.Lock();
        for (auto at = copies->begin(); at != copies->end();) {
            const bool old = clock_.Now() - at->second.used > kSnapshotLives;
            if (old) dropped.push_back(std::move(at->second));
            at = old ? copies->erase(at) : std::next(at);
        }
        if (copies->size() >= kMostSnapshots) {
            return core::Fail(Code::kResourceExhausted, "TooManyRequestsException",
                              "too many copies are being made; try again later");
        }
    }
    GYRE_ASSIGN(auto made, backup::SnapshotFolder::Make(graphs_, name));
    const std::shared_ptr<backup::SnapshotFolder> snapshot = std::move(made);
    const std::string id = core::RandomUuid();
    core::JsonArray files;
    for (const auto& file : snapshot->Files()) {
        files.push_back(core::JsonObject{{"name", file.name}, {"size", file.size}});
    }
    copies_.Lock()->emplace(id, Copy{snapshot, clock_.Now()});
    return JsonPage(core::JsonObject{
        {"snapshotId", id}, {"epoch", snapshot->Epoch()}, {"files", std::move(files)}});
}

core::Result<net::Response> GraphsPage::ReadSnapshot(const std::string& id,
                                                     const Members& members) {
    std::shared_ptr<backup::SnapshotFolder> snapshot;
    {
        auto copies = copies_.Lock();
        const auto found = copies->find(id);
        if (found == copies->end()) {
            return core::Fail(Code::kNotFound, "ResourceNotFoundException",
                              "there is no snapshot '" + id + "' any more");
        }
        found->second.used = clock_.Now();
        snapshot = found->second.snapshot;
    }
    const auto named = members.find("file");
    const auto file =
        std::ranges::find(snapshot->Files(), named == members.end() ? "" : named->second,
                          &backup::SnapshotFile::name);
    if (file == snapshot->Files().end()) return WrongMember("file is none of the snapshot's");
    GYRE_ASSIGN(const auto open, core::RealFileSystem().Open(snapshot->Path() / file->name));
    std::string piece(std::min(NumberMember(members, "size", kMostPiece), kMostPiece), '\0');
    GYRE_ASSIGN(const size_t got, open->ReadAt(NumberMember(members, "offset", 0), piece));
    piece.resize(got);
    return BytesPage(std::move(piece));
}

}  // namespace gyre::graph::door
