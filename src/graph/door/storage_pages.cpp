#include "graph/door/storage_pages.h"

#include <algorithm>
#include <charconv>

#include "core/digest.h"
#include "core/log.h"
#include "graph/door/json_page.h"
#include "graph/storage/keys.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr size_t kMostKnown = 100;
constexpr core::seconds kTurn{1};  // between two looks whether it was cancelled
constexpr std::string_view kRebuilds = "/storage/indexes/rebuilds";
constexpr std::string_view kCancel = "/cancel";

tl::unexpected<core::Error> Invalid(std::string message) {
    return core::Fail(Code::kInvalidArgument, "InvalidParameterException", std::move(message));
}

/// Bytes and entries.
JsonObject Metrics(uint64_t bytes, uint64_t count) {
    return {{"sizeInBytes", bytes}, {"count", count}};
}

/// What stands behind the path of all rebuilds: "" or an id, perhaps with "/cancel".
std::string_view Behind(const net::RequestHead& head) {
    std::string_view path = head.path;
    path.remove_prefix(std::min(path.size(), kRebuilds.size()));
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

std::string Chosen(const net::RequestHead& head, std::string_view name, std::string otherwise) {
    const auto members = net::ParseQuery(head.query);
    if (!members) return otherwise;
    for (const auto& [key, value] : *members) {
        if (key == name) return value;
    }
    return otherwise;
}

}  // namespace

StoragePages::StoragePages(const Graphs& graphs, const core::Clock& clock)
    : graphs_(graphs), clock_(clock), name_(core::RandomUuid()), worker_("graph-rebuild", 1, 1) {
}

StoragePages::~StoragePages() {
    Stop();
}

void StoragePages::Stop() {
    stop_.Cancel();
    worker_.Stop();
}

std::string_view StoragePages::ActionOf(const net::RequestHead& head) {
    if (!head.path.starts_with(kRebuilds)) return "GetStorageInfo";
    const std::string_view behind = Behind(head);
    if (behind.empty()) return head.method == "POST" ? "StartIndexRebuild" : "ListIndexRebuilds";
    return behind.ends_with(kCancel) ? "CancelIndexRebuild" : "GetIndexRebuildStatus";
}

core::Result<net::Response> StoragePages::Serve(const net::RequestHead& head,
                                                const std::string& body) {
    const std::string_view action = ActionOf(head);
    const bool posts = action == "StartIndexRebuild" || action == "CancelIndexRebuild";
    if (head.method != (posts ? "POST" : "GET")) {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          head.method + " is not for " + head.path);
    }
    if (action == "GetStorageInfo") return JsonPage(Info());
    if (action == "ListIndexRebuilds") return JsonPage(List());
    std::string id(Behind(head));
    core::Result<Json> answer = core::Json();
    if (action == "StartIndexRebuild") {
        answer = Start(head, body);
    } else if (action == "CancelIndexRebuild") {
        answer = Cancel(id.substr(0, id.size() - kCancel.size()));
    } else {
        answer = Status(id);
    }
    if (!answer) return core::Fail(answer.error());
    return JsonPage(*answer);
}

Json StoragePages::Info() const {
    uint64_t total = 0;
    for (const GraphSettings& one : graphs_.All()) {
        if (const auto store = graphs_.Find(one.name)) total += store->Size();
    }
    const auto store = graphs_.Find("g");
    const auto graph = store->Read();
    const auto bytes = [&](std::string_view tables) {
        uint64_t sum = 0;
        for (const char table : tables) {
            sum += graph->Tables().SizeOfRange(std::string(1, table),
                                               BehindPrefix(std::string(1, table)));
        }
        return sum;
    };
    using namespace keys;
    constexpr char kElements[] = {kVertex,    kEdge,   kVertexId,   kEdgeId,
                                  kAdjacency, kDegree, kVertexLabel};
    constexpr char kDictionaries[] = {kName, kTerm, kTermId};
    const uint64_t elements = graph->CountVertices(std::nullopt) + graph->CountEdges(std::nullopt);
    rdf::Quads quads(*graph);
    const uint64_t triples = quads.Count();
    const auto order = [&](char table) {
        return Metrics(bytes(std::string_view(&table, 1)), triples);
    };
    // The orders' names are Neptune's; the parts between the first and the last may stand
    // otherwise.
    const JsonObject rdf{{"SPOG", order(kSpog)},
                         {"POGS", order(kPosg)},
                         {"GPSO", order(kGspo)},
                         {"OSGP", order(kOspg)}};
    const JsonObject pg{{"SPOG", Metrics(store->RestingBytes() +
                                             bytes({std::data(kElements), std::size(kElements)}),
                                         elements)}};
    JsonObject info{
        {"totalStorageBytesUsed", total},
        {"quads", JsonObject{{"RDF", rdf}, {"PG", pg}}},
        {"dictionaries",
         JsonObject{{"total", Metrics(bytes({std::data(kDictionaries), std::size(kDictionaries)}),
                                      graph->NamesBelow() + quads.Terms())}}},
        {"undoLogs", JsonObject{{"sizeInBytes", 0}, {"listSize", 0}}}};
    if (store->KeepsChanges()) {
        info["streams"] = Metrics(bytes(std::string_view(&kChange, 1)), store->LastCommit());
    }
    return info;
}

core::Result<Json> StoragePages::Start(const net::RequestHead& head, const std::string& body) {
    Rebuild rebuild;
    rebuild.scope = Chosen(head, "scope", "ALL");
    rebuild.buffer = Chosen(head, "writeBufferSize", "LOW");
    if (rebuild.scope != "ALL" && rebuild.scope != "QUADS" && rebuild.scope != "DICTIONARIES") {
        return Invalid("scope is ALL, QUADS or DICTIONARIES");
    }
    if (rebuild.buffer != "LOW" && rebuild.buffer != "MEDIUM" && rebuild.buffer != "HIGH") {
        return Invalid("writeBufferSize is LOW, MEDIUM or HIGH");
    }
    const std::string wanted = Chosen(head, "concurrency", "1");
    int64_t concurrency = 0;
    const auto [at, error] =
        std::from_chars(wanted.data(), wanted.data() + wanted.size(), concurrency);
    if (error != std::errc() || at != wanted.data() + wanted.size() || concurrency < 1) {
        return Invalid("concurrency is a number from 1 on");
    }
    if (const auto json = core::ParseJson(body)) {
        rebuild.token = core::JsonStringOr(*json, "clientToken");
    }
    rebuild.begun = clock_.WallNow();
    GYRE_TRY(graphs_.Find("g")->Serves(true, clock_.Now()));
    auto rebuilds = rebuilds_.Lock();
    uint64_t number = rebuilds->empty() ? 1 : rebuilds->rbegin()->first + 1;
    const auto same = std::ranges::find_if(*rebuilds, [&](const auto& one) {
        return !rebuild.token.empty() && one.second.token == rebuild.token;
    });
    if (same != rebuilds->end()) {
        number = same->first;
        rebuild = same->second;
    } else {
        if (!rebuilds->empty() && !rebuilds->rbegin()->second.ended) {
            return core::Fail(Code::kFailedPrecondition, "ConstraintViolationException",
                              "an index rebuild is under way");
        }
        if (!worker_.TrySubmit([this, number] { Run(number); })) {
            return core::Fail(Code::kUnavailable, "ServerShutdownException", "the server stops");
        }
        rebuilds->emplace(number, rebuild);
        if (rebuilds->size() > kMostKnown) rebuilds->erase(rebuilds->begin());
    }
    return JsonObject{{"status", rebuild.status},
                      {"rebuildId", name_ + "-" + std::to_string(number)},
                      {"scope", rebuild.scope},
                      {"concurrency", 1},
                      {"writeBufferSize", rebuild.buffer}};
}

void StoragePages::Run(uint64_t number) {
    Rebuild rebuild;
    {
        auto rebuilds = rebuilds_.Lock();
        Rebuild& one = rebuilds->at(number);
        if (!one.cancel.Cancelled()) one.status = "REBUILDING";
        rebuild = one;
    }
    const auto outcome = Work(number, rebuild);
    if (!outcome) core::LogWarning("an index rebuild ended", {{"why", outcome.error().message}});
    auto rebuilds = rebuilds_.Lock();
    Rebuild& one = rebuilds->at(number);
    one.ended = clock_.WallNow();
    if (outcome) {
        one.status = "COMPLETED";
        one.percent = 100;
    } else if (outcome.error().code == Code::kCancelled) {
        one.status = "CANCELLED";
    } else {
        one.status = "FAILED";
        one.why = outcome.error().message;
    }
}

core::Status StoragePages::Work(uint64_t number, const Rebuild& rebuild) {
    const auto store = graphs_.Find("g");
    const auto cancelled = [&] { return stop_.Cancelled() || rebuild.cancel.Cancelled(); };
    const auto stopped = [] { return core::Fail(Code::kCancelled, "it was cancelled"); };
    while (rebuild.scope != "DICTIONARIES") {
        if (cancelled()) return stopped();
        const auto rested = store->Rest(clock_.Now() + kTurn);
        if (rested) break;
        if (rested.error().code != Code::kConflict) return rested;
    }
    if (cancelled()) return stopped();
    rebuilds_.Lock()->at(number).percent = 50;
    return store->Compact();
}

Json StoragePages::List() const {
    JsonArray ids;
    auto rebuilds = rebuilds_.Lock();
    for (const auto& [number, one] : *rebuilds) {
        ids.emplace_back(name_ + "-" + std::to_string(number));
    }
    return JsonObject{{"rebuildIds", std::move(ids)}};
}

core::Result<Json> StoragePages::Status(const std::string& id) const {
    auto rebuilds = rebuilds_.Lock();
    for (const auto& [number, one] : *rebuilds) {
        if (id != name_ + "-" + std::to_string(number)) continue;
        JsonObject status{{"status", one.status},
                          {"scope", one.scope},
                          {"concurrency", 1},
                          {"writeBufferSize", one.buffer},
                          {"startTime", core::Iso8601(one.begun)},
                          {"progressPercentage", one.percent}};
        if (one.ended) status["endTime"] = core::Iso8601(*one.ended);
        if (!one.why.empty()) status["failureReason"] = one.why;
        return status;
    }
    return Invalid("there is no index rebuild '" + id + "'");
}

core::Result<Json> StoragePages::Cancel(const std::string& id) {
    auto rebuilds = rebuilds_.Lock();
    for (auto& [number, one] : *rebuilds) {
        if (id != name_ + "-" + std::to_string(number)) continue;
        if (one.ended) return Invalid("the index rebuild is over: " + one.status);
        one.cancel.Cancel();
        one.status = "CANCELLING";
        return JsonObject{
            {"status", one.status}, {"concurrency", 1}, {"writeBufferSize", one.buffer}};
    }
    return Invalid("there is no index rebuild '" + id + "'");
}

}  // namespace gyre::graph::door
