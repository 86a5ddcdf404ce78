#include "graph/load/loader.h"

#include <algorithm>
#include <chrono>

#include "core/digest.h"
#include "core/log.h"
#include "graph/load/object_source.h"

namespace gyre::graph::load {
namespace {

using core::Code;

constexpr size_t kMaxQueue = 64;
constexpr size_t kMaxErrors = 10'000;  // kept of one load
/// What a relative IRI is seen from ("Loading data", Neptune documentation: baseUri).
constexpr std::string_view kRdfBase = "http://aws.amazon.com/neptune/default";
constexpr uint64_t kLoadMemory = uint64_t{1} << 30;

/// A flag as clients send it: true, "TRUE" or "true".
bool Flag(const core::Json& json, std::string_view name, bool otherwise) {
    if (const auto flag = core::JsonBool(json, name)) return *flag;
    if (const auto text = core::JsonString(json, name)) {
        return *text == "TRUE" || *text == "true" || *text == "True";
    }
    return otherwise;
}

bool IsOver(const std::string& status) {
    return status != "LOAD_IN_QUEUE" && status != "LOAD_IN_PROGRESS" &&
           status != "LOAD_NOT_STARTED";
}

core::Error NoSuchLoad(const std::string& id) {
    return {Code::kNotFound, "BulkLoadIdNotFoundException", "there is no load '" + id + "'"};
}

}  // namespace

Loader::Loader(GraphStore& store, objects::ObjectStore& objects, const core::Clock& clock)
    : store_(store), objects_(objects), clock_(clock), worker_("graph-load", 1, kMaxQueue + 1) {
}

Loader::~Loader() {
    Stop();
}

void Loader::Stop() {
    for (auto& [id, load] : *loads_.Lock()) {
        if (!IsOver(load.status)) load.cancel.Cancel();
    }
    worker_.Stop();
}

core::Result<std::string> Loader::Start(const core::Json& request) {
    const auto source = core::JsonString(request, "source");
    const auto format = core::JsonString(request, "format");
    if (!source || !format) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          "source and format are needed");
    }
    Load load;
    load.rdf = RdfSyntaxOf(*format);
    if (*format != "csv" && !load.rdf) {
        return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                          "the format " + std::string(*format) +
                              " is not implemented; csv, ntriples, nquads, turtle, trig and "
                              "rdfxml are");
    }
    load.source = std::string(*source);
    GYRE_ASSIGN(load.from, objects::S3Uri::Parse(*source));
    load.options.fail_on_error = Flag(request, "failOnError", true);
    load.options.replace_single = Flag(request, "updateSingleCardinalityProperties", false);
    load.options.user_edge_ids = Flag(request, "userProvidedEdgeIds", true);
    if (const core::Json* parser = core::JsonFind(request, "parserConfiguration")) {
        load.options.empty_strings = Flag(*parser, "allowEmptyStrings", false);
        load.options.named_graph = core::JsonString(*parser, "namedGraphUri").value_or("");
        load.options.base_uri = core::JsonString(*parser, "baseUri").value_or("");
    }
    if (const core::Json* list = core::JsonFind(request, "dependencies");
        list && list->is_array()) {
        for (const core::Json& one : list->get_array()) {
            if (one.is_string()) load.dependencies.emplace_back(std::string_view(one.get_string()));
        }
    }
    load.started = clock_.WallNow();
    const std::string id = core::RandomUuid();
    {
        auto loads = loads_.Lock();
        for (const std::string& dependency : load.dependencies) {
            if (!loads->contains(dependency)) return core::Fail(NoSuchLoad(dependency));
        }
        const auto waiting = std::ranges::count_if(
            *loads, [](const auto& entry) { return !IsOver(entry.second.status); });
        if (waiting > 0 && !Flag(request, "queueRequest", false)) {
            return core::Fail(Code::kResourceExhausted, "BadRequestException",
                              "Max concurrent load limit breached. Limit is 1");
        }
        if (static_cast<size_t>(waiting) > kMaxQueue) {
            return core::Fail(Code::kResourceExhausted, "BadRequestException",
                              "Max load task queue size limit breached. Limit is 64");
        }
        loads->emplace(id, std::move(load));
    }
    if (!worker_.TrySubmit([this, id] { Run(id); })) {
        loads_.Lock()->erase(id);
        return core::Fail(Code::kUnavailable, "ServerShutdownException", "the server stops");
    }
    return id;
}

void Loader::SetStatus(const std::string& id, const std::string& status) {
    auto loads = loads_.Lock();
    Load& load = loads->at(id);
    load.status = status;
    if (IsOver(status)) load.ended = clock_.Now();
}

void Loader::Run(const std::string& id) {
    {
        auto loads = loads_.Lock();
        Load& load = loads->at(id);
        load.begun = clock_.Now();
        load.status = "LOAD_IN_PROGRESS";
        if (load.cancel.Cancelled()) load.status = "LOAD_CANCELLED_BY_USER";
        for (const std::string& dependency : load.dependencies) {
            if (loads->at(dependency).status != "LOAD_COMPLETED") {
                load.status = "LOAD_FAILED_BECAUSE_DEPENDENCY_NOT_SATISFIED";
            }
        }
        if (IsOver(load.status)) {
            load.ended = clock_.Now();
            return;
        }
    }
    auto outcome = RunFiles(id);
    if (outcome) return SetStatus(id, *outcome);
    const core::Error& error = outcome.error();
    core::LogWarning("a bulk load failed", {{"load", id}, {"why", error.message}});
    {
        auto loads = loads_.Lock();
        loads->at(id).errors.push_back({error.wire_name.empty() ? "LOAD_ERROR" : error.wire_name,
                                        error.message, loads->at(id).source, 0});
    }
    SetStatus(id, error.code == Code::kCancelled          ? "LOAD_CANCELLED_BY_USER"
                  : error.code == Code::kPermissionDenied ? "LOAD_S3_ACCESS_DENIED_ERROR"
                  : error.code == Code::kNotFound         ? "LOAD_S3_READ_ERROR"
                                                          : "LOAD_FAILED");
}

// Files of vertices first, whatever their names: edges need their ends.
core::Result<std::string> Loader::RunFiles(const std::string& id) {
    objects::S3Uri from;
    {
        auto loads = loads_.Lock();
        from = loads->at(id).from;
    }
    std::vector<std::string> keys;
    std::string after;
    while (true) {
        GYRE_ASSIGN(const auto page, objects_.List(from.bucket, from.key, after, 1000));
        for (const auto& info : page) {
            if (info.size > 0) keys.push_back(info.key);
        }
        if (page.size() < 1000) break;
        after = page.back().key;
    }
    if (keys.empty()) {
        return core::Fail(Code::kNotFound, "LOAD_S3_READ_ERROR",
                          "there is no file at s3://" + from.bucket + "/" + from.key);
    }
    {
        auto loads = loads_.Lock();
        for (const std::string& key : keys) {
            loads->at(id).files.push_back({"s3://" + from.bucket + "/" + key});
        }
    }
    const auto syntax = loads_.Lock()->at(id).rdf;
    if (syntax) return RunRdf(id, keys, *syntax);
    BulkLoad graph(store_, kLoadMemory);
    auto outcome = RunFiles(id, keys, graph);
    GYRE_TRY(graph.Finish());  // what came before a failure stays
    return outcome;
}

core::Result<std::string> Loader::RunFiles(const std::string& id,
                                           const std::vector<std::string>& keys, BulkLoad& graph) {
    bool good = true;
    for (const bool edges : {false, true}) {
        for (size_t i = 0; i < keys.size(); ++i) {
            bool skipped = false;
            GYRE_ASSIGN(const bool loaded, RunFile(id, i, keys[i], edges, graph, skipped));
            if (skipped) continue;
            auto loads = loads_.Lock();
            Load& load = loads->at(id);
            load.files[i].status = loaded ? "LOAD_COMPLETED" : "LOAD_FAILED";
            if (!loaded && load.options.fail_on_error) {
                return std::string("LOAD_CANCELLED_DUE_TO_ERRORS");
            }
            good = good && loaded;
        }
    }
    return std::string(good ? "LOAD_COMPLETED" : "LOAD_FAILED");
}

core::Result<bool> Loader::RunFile(const std::string& id, size_t file, const std::string& key,
                                   bool edges, BulkLoad& graph, bool& skipped) {
    objects::S3Uri from;
    LoadOptions options;
    core::CancelToken cancel;
    std::string uri;
    {
        auto loads = loads_.Lock();
        const Load& load = loads->at(id);
        from = load.from;
        options = load.options;
        cancel = load.cancel;
        uri = load.files[file].uri;
        skipped = IsOver(load.files[file].status);
    }
    if (skipped) return true;
    const auto report = [&](LoadError error) { Note(id, std::move(error)); };
    GYRE_ASSIGN(const auto source, OpenObject(objects_, from.bucket, key));
    CsvReader reader(*source);
    CsvReader::Record record;
    GYRE_ASSIGN(const bool any, reader.Next(record));
    if (!any) return true;
    const auto header = ReadHeader(record);
    if (!header) {
        report({"PARSING_ERROR", header.error().message, uri, 1});
        return false;
    }
    skipped = header->edges != edges;
    if (skipped) return true;
    LoadCounts counts;
    auto loaded = LoadFile(graph, uri, *header, reader, options, cancel, counts, report);
    loads_.Lock()->at(id).files[file].counts = counts;
    if (!loaded) return core::Fail(loaded.error());
    return *loaded && counts.Errors() == 0;
}

void Loader::Note(const std::string& id, LoadError error) {
    auto loads = loads_.Lock();
    auto& errors = loads->at(id).errors;
    if (errors.size() < kMaxErrors) errors.push_back(std::move(error));
}

core::Result<std::string> Loader::RunRdf(const std::string& id,
                                         const std::vector<std::string>& keys,
                                         rdf::RdfSyntax syntax) {
    const Load load = loads_.Lock()->at(id);
    const LoadOptions& options = load.options;
    RdfLoad graph(
        store_, options.named_graph.empty() ? std::string(rdf::kDefaultGraph) : options.named_graph,
        options.base_uri.empty() ? std::string(kRdfBase) : options.base_uri);
    bool good = true;
    for (size_t i = 0; i < keys.size(); ++i) {
        GYRE_ASSIGN(const auto source, OpenObject(objects_, load.from.bucket, keys[i]));
        LoadCounts counts;
        const auto read = graph.File(load.files[i].uri, *source, syntax, options, load.cancel,
                                     counts, [&](LoadError error) { Note(id, std::move(error)); });
        const bool loaded = read && *read && counts.Errors() == 0;
        {
            auto loads = loads_.Lock();
            loads->at(id).files[i].counts = counts;
            loads->at(id).files[i].status = loaded ? "LOAD_COMPLETED" : "LOAD_FAILED";
        }
        if (!read || (!loaded && options.fail_on_error)) {
            GYRE_TRY(graph.Finish());  // what came before a failure stays
            if (!read) return core::Fail(read.error());
            return std::string("LOAD_CANCELLED_DUE_TO_ERRORS");
        }
        good = good && loaded;
    }
    GYRE_TRY(graph.Finish());
    return std::string(good ? "LOAD_COMPLETED" : "LOAD_FAILED");
}

LoadCounts Loader::Sum(const Load& load) {
    LoadCounts sum;
    for (const File& file : load.files) {
        sum.records += file.counts.records;
        sum.duplicates += file.counts.duplicates;
        sum.parsing_errors += file.counts.parsing_errors;
        sum.mismatches += file.counts.mismatches;
        sum.insert_errors += file.counts.insert_errors;
    }
    return sum;
}

core::Json Loader::List(size_t limit, bool with_queued) const {
    core::JsonArray ids;
    for (const auto& [id, load] : *loads_.Lock()) {
        if (ids.size() >= limit) break;
        if (with_queued || load.status != "LOAD_IN_QUEUE") ids.emplace_back(id);
    }
    return core::JsonObject{{"status", "200 OK"}, {"payload", core::JsonObject{{"loadIds", ids}}}};
}

core::Result<core::Json> Loader::Status(const std::string& id, const Detail& detail) const {
    auto loads = loads_.Lock();
    const auto found = loads->find(id);
    if (found == loads->end()) return core::Fail(NoSuchLoad(id));
    const Load& load = found->second;
    const auto seconds = [&] {
        if (load.begun == core::SteadyTime{}) return int64_t{0};
        const auto end = IsOver(load.status) ? load.ended : clock_.Now();
        return std::chrono::duration_cast<core::seconds>(end - load.begun).count();
    }();
    const auto counts = [](core::JsonObject& json, const LoadCounts& sum) {
        json["totalRecords"] = sum.records;
        json["totalDuplicates"] = sum.duplicates;
        json["parsingErrors"] = sum.parsing_errors;
        json["datatypeMismatchErrors"] = sum.mismatches;
        json["insertErrors"] = sum.insert_errors;
    };
    core::JsonObject overall;
    overall["fullUri"] = load.source;
    overall["runNumber"] = 1;
    overall["retryNumber"] = 0;
    overall["status"] = load.status;
    overall["totalTimeSpent"] = seconds;
    overall["startTime"] = static_cast<int64_t>(core::EpochSeconds(load.started));
    counts(overall, Sum(load));
    std::map<std::string, int64_t> by_status;
    core::JsonArray failed;
    for (const File& file : load.files) {
        ++by_status[file.status];
        if (file.status != "LOAD_FAILED") continue;
        core::JsonObject one{
            {"fullUri", file.uri}, {"runNumber", 1}, {"retryNumber", 0}, {"status", file.status}};
        counts(one, file.counts);
        failed.push_back(std::move(one));
    }
    core::JsonArray feed;
    for (const auto& [status, count] : by_status) {
        feed.push_back(core::JsonObject{{std::string_view(status), count}});
    }
    core::JsonObject payload{{"feedCount", feed}, {"overallStatus", overall}};
    if (detail.details) payload["failedFeeds"] = failed;
    if (detail.errors) {
        core::JsonArray logs;
        const size_t begin =
            std::min((std::max<size_t>(detail.page, 1) - 1) * detail.per_page, load.errors.size());
        const size_t end = std::min(begin + detail.per_page, load.errors.size());
        for (size_t i = begin; i < end; ++i) {
            const LoadError& error = load.errors[i];
            logs.push_back(core::JsonObject{{"errorCode", error.code},
                                            {"errorMessage", error.message},
                                            {"fileName", error.file},
                                            {"recordNum", error.record}});
        }
        payload["errors"] = core::JsonObject{{"startIndex", begin + (end > begin ? 1 : 0)},
                                             {"endIndex", end},
                                             {"loadId", id},
                                             {"errorLogs", logs}};
    }
    return core::Json(core::JsonObject{{"status", "200 OK"}, {"payload", payload}});
}

core::Status Loader::Cancel(const std::string& id) {
    auto loads = loads_.Lock();
    const auto found = loads->find(id);
    if (found == loads->end()) return core::Fail(NoSuchLoad(id));
    found->second.cancel.Cancel();
    return {};
}

}  // namespace gyre::graph::load
