#include "graph/door/explain_pages.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>

#include "core/json.h"
#include "graph/format/graphson.h"
#include "graph/gremlin/compile.h"
#include "graph/plan/describe.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::Json;

struct ExplainRequest {
    GremlinQuery query;
    bool results = true;
    size_t chop = 250;  ///< bytes that are shown of the results; 0: all
    format::Mime mime = format::Mime::kGraphSon3;
};

core::Result<ExplainRequest> ReadRequest(const net::RequestHead& head, const std::string& body,
                                         const gremlin::Permissions& permissions) {
    if (head.method != "POST") {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          "explain and profile take POST");
    }
    const auto json = core::ParseJson(body, {.max_depth = 200});
    if (!json || !json->is_object()) {
        return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                          "the body is no JSON object");
    }
    ExplainRequest request;
    request.query.id = head.request_id;
    request.query.permissions = permissions;
    request.query.batch = SIZE_MAX;
    request.query.script = std::string(core::JsonString(*json, "gremlin").value_or(""));
    if (request.query.script.empty()) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException",
                          "the argument gremlin is missing");
    }
    if (const Json* results = core::JsonFind(*json, "profile.results")) {
        request.results = !results->is_bool() || results->get_bool();
    }
    request.chop = static_cast<size_t>(
        std::max<int64_t>(0, core::JsonInt(*json, "profile.chop").value_or(250)));
    const auto serializer = core::JsonString(*json, "profile.serializer");
    if (serializer && !format::ParseMime(*serializer, request.mime)) {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "profile.serializer is no type that is served");
    }
    return request;
}

bool WantsJson(const net::RequestHead& head) {
    return head.headers.Get("Accept").find("json") != std::string_view::npos;
}

std::string Section(const std::string& title, const std::string& text) {
    return title + "\n" + std::string(title.size(), '=') + "\n" + text + "\n\n";
}

std::string Heading(const std::string& title) {
    const std::string stars(55, '*');
    return stars + "\n" + std::string((55 - title.size()) / 2, ' ') + title + "\n" + stars + "\n\n";
}

net::Response Answer(const std::string& id, std::string text, bool json) {
    net::Response response;
    response.headers.Add("Content-Type", json ? "application/json" : "text/plain; charset=UTF-8");
    response.headers.Add("x-amzn-RequestId", id);
    response.body = std::move(text);
    return response;
}

/// Of the last statement that is a traversal.
core::Result<gremlin::Explanation> ExplanationOf(const GremlinQuery& query,
                                                 const GremlinService& service) {
    GYRE_ASSIGN(const auto statements, StatementsOf(query));
    const Rules rules = service.graphs->RulesOf(SourceOf(query, statements));
    for (size_t i = statements.size(); i-- > 0;) {
        if (statements[i].transaction.empty()) {
            return gremlin::Explain(statements[i].traversal, rules);
        }
    }
    return core::Fail(Code::kInvalidArgument, "MalformedQueryException",
                      "the script has no traversal to explain");
}

Json RulesJson(const gremlin::Explanation& explanation) {
    core::JsonArray rules;
    for (const auto& [rule, left] : explanation.rules) {
        rules.push_back(core::JsonObject{{"strategy", rule}, {"traversal", left}});
    }
    return rules;
}

}  // namespace

core::Result<net::Response> ServeExplain(const net::RequestHead& head, const std::string& body,
                                         const GremlinService& service,
                                         const gremlin::Permissions& permissions) {
    GYRE_ASSIGN(const ExplainRequest request, ReadRequest(head, body, permissions));
    GYRE_ASSIGN(const gremlin::Explanation explanation, ExplanationOf(request.query, service));
    if (WantsJson(head)) {
        const core::JsonObject json{{"original", explanation.original},
                                    {"intermediate", RulesJson(explanation)},
                                    {"final", explanation.Final()}};
        return Answer(request.query.id, core::JsonText(json), true);
    }
    std::string rules;
    for (const auto& [rule, left] : explanation.rules) rules += rule + ": " + left + "\n";
    return Answer(request.query.id,
                  Heading("Neptune Gremlin Explain") +
                      Section("Query String", request.query.script) +
                      Section("Original Traversal", explanation.original) +
                      Section("Converted Traversal", rules) +
                      Section("Optimized Traversal", explanation.Final()),
                  false);
}

core::Result<net::Response> ServeProfile(const net::RequestHead& head, const std::string& body,
                                         const GremlinService& service,
                                         const gremlin::Permissions& permissions,
                                         QueryLog::Query& running) {
    GYRE_ASSIGN(ExplainRequest request, ReadRequest(head, body, permissions));
    GYRE_ASSIGN(const gremlin::Explanation explanation, ExplanationOf(request.query, service));
    std::optional<TraversalMetrics> metrics;
    request.query.profiled = [&](const TraversalMetrics& measured) { metrics = measured; };
    const core::SteadyTime began = service.clock->Now();
    GYRE_TRY(running.Begin({request.query.id, request.query.script}));
    std::string items;
    size_t count = 0;
    const auto status = door::Answer(service, request.query, request.mime, running.Cancel(),
                                     nullptr, [&](std::string batch, size_t size, bool) {
                                         if (count > 0 && size > 0) items += ',';
                                         items += batch;
                                         count += size;
                                         return core::Status();
                                     });
    if (!status) return core::Fail(status.error());
    const double took =
        std::chrono::duration<double, std::milli>(service.clock->Now() - began).count();
    const size_t bytes = items.size();
    const bool binary = request.mime == format::Mime::kGraphBinary ||
                        request.mime == format::Mime::kGraphBinaryStrings;
    if (!request.results || binary) items.clear();
    if (request.chop > 0 && items.size() > request.chop) items.resize(request.chop);
    const Value measured(
        std::make_shared<TraversalMetrics>(metrics ? *metrics : TraversalMetrics()));
    if (WantsJson(head)) {
        std::string steps;
        format::GraphSonWriter(nullptr, true, format::Mime::kGraphSonUntyped, steps)
            .Value(measured);
        GYRE_ASSIGN(Json tree, core::ParseJson(steps));
        const core::JsonObject json{{"original", explanation.original},
                                    {"final", explanation.Final()},
                                    {"millis", took},
                                    {"metrics", std::move(tree)},
                                    {"results", {{"count", count}, {"output", items}}}};
        return Answer(request.query.id, core::JsonText(json), true);
    }
    char millis[32];
    std::snprintf(millis, sizeof millis, "Query took %.3f ms", took);
    std::string results = "Count: " + std::to_string(count) + "\n";
    if (request.results && !binary) results += "Output: [" + items + "]\n";
    results += "Response serializer: " + std::string(format::MimeName(request.mime)) +
               "\nResponse size (bytes): " + std::to_string(bytes);
    return Answer(
        request.query.id,
        Heading("Neptune Gremlin Profile") + Section("Query String", request.query.script) +
            Section("Original Traversal", explanation.original) +
            Section("Optimized Traversal", explanation.Final()) + Section("Runtime", millis) +
            DisplayText(measured) + "\n\n" + Section("Results", results),
        false);
}

}  // namespace gyre::graph::door
