#include "graph/door/sparql_http.h"

#include <array>
#include <charconv>
#include <optional>

#include "core/json.h"
#include "graph/door/accept.h"
#include "graph/door/cypher_explain.h"
#include "graph/door/json_page.h"
#include "graph/door/sparql_description.h"
#include "graph/remote/caller_outside.h"
#include "graph/sparql/answer.h"
#include "graph/sparql/parse.h"

namespace gyre::graph::door {
namespace {

using core::Code;

// Each with those that are the same format by another name. The first is the default.
constexpr std::array<std::string_view, 8> kSolutionTypes = {"application/sparql-results+json",
                                                            "application/sparql-results+xml",
                                                            "text/csv",
                                                            "text/tab-separated-values",
                                                            "application/json",
                                                            "application/xml",
                                                            "text/xml",
                                                            "text/plain"};
constexpr std::array<sparql::SolutionFormat, 8> kSolutionFormats = {
    sparql::SolutionFormat::kJson, sparql::SolutionFormat::kXml,  sparql::SolutionFormat::kCsv,
    sparql::SolutionFormat::kTsv,  sparql::SolutionFormat::kJson, sparql::SolutionFormat::kXml,
    sparql::SolutionFormat::kXml,  sparql::SolutionFormat::kTsv};
constexpr std::array<std::string_view, 9> kGraphTypes = {
    "application/n-quads", "application/n-triples", "text/turtle",
    "application/trig",    "application/rdf+xml",   "text/plain",
    "application/xml",     "text/x-nquads",         "application/x-turtle"};
constexpr std::array<rdf::GraphFormat, 9> kGraphFormats = {
    rdf::GraphFormat::kNQuads, rdf::GraphFormat::kNTriples, rdf::GraphFormat::kTurtle,
    rdf::GraphFormat::kTrig,   rdf::GraphFormat::kRdfXml,   rdf::GraphFormat::kNTriples,
    rdf::GraphFormat::kRdfXml, rdf::GraphFormat::kNQuads,   rdf::GraphFormat::kTurtle};

struct SparqlRequest {
    std::optional<std::string> query, update;
    sparql::DatasetClause dataset;
    std::string id;  ///< its client's own
    std::optional<core::milliseconds> timeout;
    std::string explain;  ///< static, dynamic or details; empty: the query is answered
};

tl::unexpected<core::Error> RefusedSparql(std::string message) {
    return core::Fail(Code::kInvalidArgument, "BadRequestException", std::move(message));
}

/// Members of a URL's query or a form; blanks may be written as '+'.
core::Status ReadMembers(std::string_view text, SparqlRequest& request) {
    while (!text.empty()) {
        const size_t end = std::min(text.find('&'), text.size());
        const std::string_view member = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const size_t equals = std::min(member.find('='), member.size());
        const auto key = net::PercentDecode(member.substr(0, equals), true);
        auto value = net::PercentDecode(member.substr(std::min(equals + 1, member.size())), true);
        if (!key || !value) return RefusedSparql("broken escape");
        std::optional<std::string>* text_of = *key == "query"    ? &request.query
                                              : *key == "update" ? &request.update
                                                                 : nullptr;
        if (text_of != nullptr) {
            if (*text_of) return RefusedSparql(*key + " is given twice");
            *text_of = std::move(*value);
        } else if (*key == "default-graph-uri" || *key == "using-graph-uri") {
            request.dataset.graphs.push_back(std::move(*value));
        } else if (*key == "named-graph-uri" || *key == "using-named-graph-uri") {
            request.dataset.named.push_back(std::move(*value));
        } else if (*key == "queryId") {
            request.id = std::move(*value);
        } else if (*key == "timeout") {
            int64_t millis = 0;
            const char* last = value->data() + value->size();
            const auto [at, error] = std::from_chars(value->data(), last, millis);
            if (error != std::errc() || at != last || millis <= 0) {
                return RefusedSparql("timeout is a number of milliseconds");
            }
            request.timeout = core::milliseconds(millis);
        } else if (*key == "explain") {
            if (*value != "static" && *value != "dynamic" && *value != "details") {
                return RefusedSparql("explain is static, dynamic or details");
            }
            request.explain = std::move(*value);
        }
    }
    return {};
}

core::Result<SparqlRequest> ReadSparqlRequest(const net::RequestHead& head,
                                              const std::string& body) {
    SparqlRequest request;
    GYRE_TRY(ReadMembers(head.query, request));
    const std::string_view type = head.headers.Get("Content-Type");
    const auto is = [&](std::string_view name) {
        return net::EqualsIgnoreCase(type.substr(0, name.size()), name);
    };
    if (head.method == "POST" && is("application/sparql-query")) {
        if (request.query || request.update) return RefusedSparql("the query is given twice");
        request.query = body;
    } else if (head.method == "POST" && is("application/sparql-update")) {
        if (request.query || request.update) return RefusedSparql("the update is given twice");
        request.update = body;
    } else if (head.method == "POST" && (is("application/x-www-form-urlencoded") || body.empty())) {
        GYRE_TRY(ReadMembers(body, request));
    } else if (head.method == "POST") {
        core::Error error(Code::kInvalidArgument, "BadRequestException",
                          "the body is a form, application/sparql-query or "
                          "application/sparql-update, and not " +
                              std::string(type));
        error.http_status = 415;
        return core::Fail(std::move(error));
    } else if (head.method != "GET") {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          "/sparql takes GET and POST");
    } else if (request.update) {
        return RefusedSparql("an update is posted");
    }
    if (request.query && request.update) return RefusedSparql("either query or update");
    if (!request.query && !request.update) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          "query or update is missing");
    }
    return request;
}

tl::unexpected<core::Error> NotAcceptable(std::span<const std::string_view> types) {
    std::string message = "none of the types in Accept is served; these are:";
    for (const std::string_view type : types) message += " " + std::string(type);
    core::Error error(Code::kInvalidArgument, "BadRequestException", std::move(message));
    error.http_status = 406;
    return core::Fail(std::move(error));
}

core::Result<net::Response> AnswerQuery(GraphStore& store, const net::RequestHead& head,
                                        const sparql::Query& query, const sparql::Limits& limits) {
    net::Response response;
    const std::string_view accept = head.headers.Get("Accept");
    const bool graph = query.form == sparql::Query::Form::kConstruct ||
                       query.form == sparql::Query::Form::kDescribe;
    const std::span<const std::string_view> types =
        graph ? std::span<const std::string_view>(kGraphTypes) : kSolutionTypes;
    const auto type = Negotiate(accept, types);
    if (!type) return NotAcceptable(types);
    if (graph) {
        const auto writer = rdf::MakeTripleWriter(kGraphFormats[*type]);
        GYRE_TRY(sparql::Answer(store, query, limits, *writer));
        GYRE_ASSIGN(response.body, writer->Finish());
    } else {
        const auto writer = sparql::MakeSolutionWriter(kSolutionFormats[*type]);
        GYRE_TRY(sparql::Answer(store, query, limits, *writer));
        response.body = writer->Take();
    }
    const bool is_text = types[*type].starts_with("text/");
    response.headers.Add("Content-Type",
                         std::string(types[*type]) + (is_text ? "; charset=utf-8" : ""));
    return response;
}

/// Neptune's explain: a table of the plan's steps, for static without running them.
template <typename Asked>
core::Result<net::Response> ExplainSparql(GraphStore& store, const SparqlRequest& request,
                                          const Asked& asked, const sparql::Limits& limits) {
    const bool runs = request.explain != "static";
    GYRE_ASSIGN(const TraversalMetrics metrics, sparql::Explain(store, asked, limits, runs));
    const std::string& text = request.query ? *request.query : *request.update;
    net::Response response;
    response.headers.Add("Content-Type", "text/plain; charset=utf-8");
    if (runs) {
        response.body = ExplanationTable(text, metrics);
        return response;
    }
    std::vector<std::string> steps;
    for (const Metrics& step : metrics.steps) steps.push_back(step.name);
    response.body = ExplanationTable(text, steps);
    return response;
}

/// What Neptune says of an update ("SPARQL 1.1 Update", Neptune documentation).
net::Response UpdateAnswer(int64_t milliseconds) {
    core::JsonArray events;
    events.push_back(core::JsonObject{{"type", "UpdateEvent"},
                                      {"totalElapsedMillis", milliseconds},
                                      {"elapsedMillis", milliseconds},
                                      {"connFlush", 0},
                                      {"batchResolve", 0},
                                      {"whereClause", 0},
                                      {"deleteClause", 0},
                                      {"insertClause", 0}});
    events.push_back(core::JsonObject{{"type", "Commit"}, {"totalElapsedMillis", milliseconds}});
    return JsonPage(events);
}

core::Result<net::Response> AnswerSparql(const net::RequestHead& head, const SparqlRequest& request,
                                         GraphStore& store, const GremlinService& service,
                                         const SparqlCaller& caller, sparql::Limits limits,
                                         QueryLog::Query& running) {
    const auto begun = service.clock->Now();
    sparql::Query query;
    sparql::UpdateRequest update;
    if (request.query) {
        GYRE_ASSIGN(query, sparql::ParseQuery(*request.query, rdf::kDefaultBase));
    } else {
        GYRE_ASSIGN(update, sparql::ParseUpdate(*request.update, rdf::kDefaultBase));
    }
    for (const auto& hinted : {query.query_id, update.query_id}) {
        if (request.id.empty() && !hinted.empty()) running.Rename(hinted);
    }
    core::milliseconds most = request.timeout.value_or(service.timeout);
    for (const auto& hinted : {query.timeout_ms, update.timeout_ms}) {
        if (hinted) most = std::min(most, core::milliseconds(*hinted));
    }
    limits.limits.deadline = begun + most;
    limits.limits.max_held = service.max_held;
    limits.limits.max_bytes = service.max_bytes;
    limits.dataset = request.dataset;
    remote::CallerOutside outside({.settings = *service.outside,
                                   .clock = *service.clock,
                                   .deadline = *limits.limits.deadline,
                                   .cancel = limits.cancel,
                                   .may_get = caller.may_get});
    limits.outside = &outside;
    if (request.query) {
        if (!request.explain.empty()) return ExplainSparql(store, request, query, limits);
        return AnswerQuery(store, head, query, limits);
    }
    // SPARQL 1.1 Protocol, 2.2.3: the data set is told once.
    const bool tells = std::ranges::any_of(update.operations, [](const sparql::Update& one) {
        return one.dataset.Given() || !one.with.empty();
    });
    if (tells && request.dataset.Given()) {
        return RefusedSparql("either using-graph-uri or USING and WITH in the update");
    }
    const gremlin::Permissions& may = caller.permissions;
    if ((update.Inserts() && !may.write) || (update.Removes() && !may.remove)) {
        return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                          "not allowed: neptune-db:WriteDataViaQuery or DeleteDataViaQuery");
    }
    if (!request.explain.empty()) return ExplainSparql(store, request, update, limits);
    GYRE_TRY(sparql::Carry(store, update, limits));
    return UpdateAnswer(
        std::chrono::duration_cast<core::milliseconds>(service.clock->Now() - begun).count());
}

QueryLog::Shown ShownOf(const net::RequestHead& head, const SparqlRequest& request) {
    return {request.id.empty() ? head.request_id : request.id,
            request.query ? *request.query : *request.update};
}

}  // namespace

std::optional<QueryLog::Shown> ShownSparql(const net::RequestHead& head, const std::string& body) {
    const auto request = ReadSparqlRequest(head, body);
    if (!request) return std::nullopt;
    return ShownOf(head, *request);
}

bool IsSparqlPath(std::string_view path, const Graphs& graphs, std::string& graph) {
    constexpr std::string_view kPath = "/sparql";
    if (!path.starts_with(kPath)) return false;
    path.remove_prefix(kPath.size());
    if (path.starts_with('/')) path.remove_prefix(1);
    graph = path.empty() ? "g" : std::string(path);
    return graphs.Find(graph) != nullptr;
}

core::Result<net::Response> ServeSparql(const net::RequestHead& head, const std::string& body,
                                        const std::string& graph, const GremlinService& service,
                                        const SparqlCaller& caller, QueryLog::Query& running) {
    if (auto described = DescribeService(head, service.graphs->DefaultGraphOf(graph))) {
        return std::move(*described);
    }
    GYRE_ASSIGN(const SparqlRequest request, ReadSparqlRequest(head, body));
    const auto store = service.graphs->Find(graph);
    const bool writes = request.update && request.explain != "static";
    GYRE_TRY(store->Serves(writes, service.clock->Now()));
    sparql::Limits limits{.clock = *service.clock, .cancel = {}, .limits = {}, .dataset = {}};
    limits.default_graph = service.graphs->DefaultGraphOf(graph);
    GYRE_TRY(running.Begin(ShownOf(head, request)));
    limits.cancel = running.Cancel();
    auto response =
        AnswerSparql(head, request, *store, service, caller, std::move(limits), running);
    if (response) response->headers.Add("x-amzn-RequestId", head.request_id);
    return response;
}

}  // namespace gyre::graph::door
