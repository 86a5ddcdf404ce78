#include "graph/load/load_job.h"

#include <algorithm>
#include <chrono>
#include <map>

#include "graph/load/rdf_load.h"

namespace gyre::graph::load {
namespace {

using core::Code;
using core::Json;
using core::JsonArray;
using core::JsonObject;

core::Status SetFormat(LoadJob& job) {
    job.rdf = RdfSyntaxOf(job.format);
    job.options.cypher = job.format == "opencypher";
    if (job.format == "csv" || job.options.cypher || job.rdf) return {};
    return core::Fail(Code::kUnimplemented, "UnsupportedOperationException",
                      "the format " + job.format +
                          " is not implemented; csv, opencypher, ntriples, nquads, turtle, trig "
                          "and rdfxml are");
}

void PutCounts(JsonObject& json, const LoadCounts& sum) {
    json["totalRecords"] = sum.records;
    json["totalDuplicates"] = sum.duplicates;
    json["parsingErrors"] = sum.parsing_errors;
    json["datatypeMismatchErrors"] = sum.mismatches;
    json["insertErrors"] = sum.insert_errors;
}

uint64_t CountIn(const Json& json, std::string_view name) {
    return static_cast<uint64_t>(core::JsonInt(json, name).value_or(0));
}

LoadCounts CountsIn(const Json& json) {
    LoadCounts counts;
    counts.records = CountIn(json, "totalRecords");
    counts.duplicates = CountIn(json, "totalDuplicates");
    counts.parsing_errors = CountIn(json, "parsingErrors");
    counts.mismatches = CountIn(json, "datatypeMismatchErrors");
    counts.insert_errors = CountIn(json, "insertErrors");
    return counts;
}

JsonObject ErrorJson(const LoadError& error) {
    return JsonObject{{"errorCode", error.code},
                      {"errorMessage", error.message},
                      {"fileName", error.file},
                      {"recordNum", error.record}};
}

template <typename Use>
void Each(const Json& json, std::string_view name, Use use) {
    const Json* list = core::JsonFind(json, name);
    if (list == nullptr || !list->is_array()) return;
    for (const Json& one : list->get_array()) use(one);
}

}  // namespace

bool LoadedFile::Failed() const {
    return status != "LOAD_NOT_STARTED" && status != "LOAD_IN_PROGRESS" &&
           status != "LOAD_COMPLETED" && status != "LOAD_CANCELLED_BY_USER";
}

bool LoadJob::Over() const {
    return status != "LOAD_IN_QUEUE" && status != "LOAD_IN_PROGRESS" &&
           status != "LOAD_NOT_STARTED";
}

LoadCounts LoadJob::Sum() const {
    LoadCounts sum;
    for (const LoadedFile& file : files) {
        sum.records += file.counts.records;
        sum.duplicates += file.counts.duplicates;
        sum.parsing_errors += file.counts.parsing_errors;
        sum.mismatches += file.counts.mismatches;
        sum.insert_errors += file.counts.insert_errors;
    }
    return sum;
}

bool LoadFlag(const Json& json, std::string_view name, bool otherwise) {
    if (const auto flag = core::JsonBool(json, name)) return *flag;
    if (const auto text = core::JsonString(json, name)) {
        return *text == "TRUE" || *text == "true" || *text == "True";
    }
    return otherwise;
}

core::Result<LoadJob> ReadLoadRequest(const Json& request) {
    const auto source = core::JsonString(request, "source");
    const auto format = core::JsonString(request, "format");
    if (!source || !format) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          "source and format are needed");
    }
    LoadJob job;
    job.source = std::string(*source);
    job.format = std::string(*format);
    GYRE_TRY(SetFormat(job));
    GYRE_ASSIGN(job.from, objects::S3Uri::Parse(*source));
    job.options.fail_on_error = LoadFlag(request, "failOnError", true);
    job.options.replace_single = LoadFlag(request, "updateSingleCardinalityProperties", false);
    job.options.user_edge_ids = LoadFlag(request, "userProvidedEdgeIds", true);
    if (const Json* parser = core::JsonFind(request, "parserConfiguration")) {
        job.options.empty_strings = LoadFlag(*parser, "allowEmptyStrings", false);
        job.options.named_graph = core::JsonStringOr(*parser, "namedGraphUri");
        job.options.base_uri = core::JsonStringOr(*parser, "baseUri");
    }
    Each(request, "dependencies", [&](const Json& one) {
        if (one.is_string()) job.dependencies.emplace_back(std::string_view(one.get_string()));
    });
    return job;
}

Json LoadDocument(const LoadJob& job) {
    JsonObject json;
    json["id"] = job.id;
    json["order"] = job.order;
    json["source"] = job.source;
    json["format"] = job.format;
    json["failOnError"] = job.options.fail_on_error;
    json["updateSingleCardinalityProperties"] = job.options.replace_single;
    json["userProvidedEdgeIds"] = job.options.user_edge_ids;
    json["parserConfiguration"] = JsonObject{{"allowEmptyStrings", job.options.empty_strings},
                                             {"namedGraphUri", job.options.named_graph},
                                             {"baseUri", job.options.base_uri}};
    JsonArray dependencies, files, errors;
    for (const std::string& one : job.dependencies) dependencies.emplace_back(one);
    for (const LoadedFile& file : job.files) {
        JsonObject one{{"uri", file.uri},
                       {"etag", file.etag},
                       {"status", file.status},
                       {"startTime", file.started_s},
                       {"totalTimeSpent", file.spent_s}};
        PutCounts(one, file.counts);
        files.push_back(std::move(one));
    }
    for (const LoadError& error : job.errors) errors.push_back(ErrorJson(error));
    json["dependencies"] = std::move(dependencies);
    json["status"] = job.status;
    json["runNumber"] = job.run;
    json["retryNumber"] = job.retry;
    json["startTime"] = job.started_s;
    json["totalTimeSpent"] = job.spent_s;
    json["files"] = std::move(files);
    json["errors"] = std::move(errors);
    return json;
}

core::Result<LoadJob> ReadLoadDocument(const Json& json) {
    auto read = ReadLoadRequest(json);
    if (!read) return core::Fail(Code::kDataLoss, read.error().message);
    LoadJob job = std::move(*read);
    job.id = core::JsonStringOr(json, "id");
    job.order = CountIn(json, "order");
    job.status = core::JsonStringOr(json, "status");
    job.run = core::JsonInt(json, "runNumber").value_or(1);
    job.retry = core::JsonInt(json, "retryNumber").value_or(0);
    job.started_s = core::JsonInt(json, "startTime").value_or(0);
    job.spent_s = core::JsonInt(json, "totalTimeSpent").value_or(0);
    Each(json, "files", [&](const Json& one) {
        job.files.push_back({.uri = core::JsonStringOr(one, "uri"),
                             .etag = core::JsonStringOr(one, "etag"),
                             .status = core::JsonStringOr(one, "status"),
                             .counts = CountsIn(one),
                             .started_s = core::JsonInt(one, "startTime").value_or(0),
                             .spent_s = core::JsonInt(one, "totalTimeSpent").value_or(0)});
    });
    Each(json, "errors", [&](const Json& one) {
        job.errors.push_back({core::JsonStringOr(one, "errorCode"),
                              core::JsonStringOr(one, "errorMessage"),
                              core::JsonStringOr(one, "fileName"), CountIn(one, "recordNum")});
    });
    if (job.id.empty() || job.status.empty()) {
        return core::Fail(Code::kDataLoss, "a load's document has no id or no status");
    }
    return job;
}

Json LoadStatus(const LoadJob& job, const StatusDetail& detail, core::SteadyTime now) {
    int64_t seconds = job.spent_s;
    if (!job.Over() && job.begun != core::SteadyTime{}) {
        seconds += std::chrono::duration_cast<core::seconds>(now - job.begun).count();
    }
    JsonObject overall;
    overall["fullUri"] = job.source;
    overall["runNumber"] = job.run;
    overall["retryNumber"] = job.retry;
    overall["status"] = job.status;
    overall["totalTimeSpent"] = seconds;
    overall["startTime"] = job.started_s;
    PutCounts(overall, job.Sum());
    std::map<std::string, int64_t> by_status;
    JsonArray failed;
    for (const LoadedFile& file : job.files) {
        ++by_status[file.status];
        if (!file.Failed()) continue;
        JsonObject one{{"fullUri", file.uri},
                       {"runNumber", job.run},
                       {"retryNumber", job.retry},
                       {"status", file.status},
                       {"totalTimeSpent", file.spent_s},
                       {"startTime", file.started_s}};
        PutCounts(one, file.counts);
        failed.push_back(std::move(one));
    }
    JsonArray feed;
    for (const auto& [status, count] : by_status) {
        feed.push_back(JsonObject{{std::string_view(status), count}});
    }
    JsonObject payload{{"feedCount", feed}, {"overallStatus", overall}};
    if (detail.details) payload["failedFeeds"] = failed;
    if (detail.errors) {
        JsonArray logs;
        const size_t begin =
            std::min((std::max<size_t>(detail.page, 1) - 1) * detail.per_page, job.errors.size());
        const size_t end = std::min(begin + detail.per_page, job.errors.size());
        for (size_t i = begin; i < end; ++i) logs.push_back(ErrorJson(job.errors[i]));
        payload["errors"] = JsonObject{{"startIndex", begin + (end > begin ? 1 : 0)},
                                       {"endIndex", end},
                                       {"loadId", job.id},
                                       {"errorLogs", logs}};
    }
    return JsonObject{{"status", "200 OK"}, {"payload", payload}};
}

}  // namespace gyre::graph::load
