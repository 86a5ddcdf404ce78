#include "graph/door/cypher_http.h"

#include <cmath>
#include <optional>

#include "core/json.h"
#include "graph/cypher/parse.h"
#include "graph/cypher/run.h"
#include "graph/door/cypher_explain.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/profile.h"
#include "graph/format/graphson.h"
#include "graph/number.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using core::Json;

struct CypherRequest {
    std::string query;
    Map parameters;
    std::string explain;  ///< "static", "dynamic", "details"; "": it is to be answered
};

/// A form's blanks may be written as '+'.
std::string WithoutPlus(const std::string& form) {
    std::string text;
    for (const char c : form) {
        if (c == '+')
            text += "%20";
        else
            text += c;
    }
    return text;
}

core::Status ReadParameters(const Json& json, Map& into) {
    GYRE_ASSIGN(const Value read, format::ReadGraphSon(json));
    if (!read.Is<Ptr<Map>>()) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException", "parameters are no map");
    }
    into = *read.As<Ptr<Map>>();
    return {};
}

core::Result<CypherRequest> ReadRequest(const net::RequestHead& head, const std::string& body) {
    CypherRequest request;
    std::optional<std::string> parameters;
    if (head.method == "GET" ||
        head.headers.Get("Content-Type").find("form-urlencoded") != std::string_view::npos) {
        const auto members = net::ParseQuery(head.method == "GET" ? head.query : WithoutPlus(body));
        if (!members)
            return core::Fail(Code::kInvalidArgument, "BadRequestException", "broken escape");
        for (const auto& [key, value] : *members) {
            if (key == "query") request.query = value;
            if (key == "parameters") parameters = value;
            if (key == "explain" || key == "explainMode") request.explain = value;
        }
    } else {
        const auto json = core::ParseJson(body);
        if (!json || !json->is_object()) {
            return core::Fail(Code::kInvalidArgument, "BadRequestException",
                              "the body is no JSON object");
        }
        request.query = std::string(core::JsonString(*json, "query").value_or(""));
        for (const char* name : {"explain", "explainMode"}) {
            if (const auto mode = core::JsonString(*json, name)) request.explain = *mode;
        }
        if (const Json* given = core::JsonFind(*json, "parameters")) {
            if (given->is_string())
                parameters = std::string(std::string_view(given->get_string()));
            else if (!given->is_null())
                GYRE_TRY(ReadParameters(*given, request.parameters));
        }
    }
    if (request.query.empty()) {
        return core::Fail(Code::kInvalidArgument, "MissingParameterException", "query is missing");
    }
    if (request.explain.empty() && head.path.ends_with("/explain")) request.explain = "static";
    const bool known = request.explain.empty() || request.explain == "static" ||
                       request.explain == "dynamic" || request.explain == "details";
    if (!known) {
        return core::Fail(Code::kInvalidArgument, "InvalidParameterException",
                          "explain is static, dynamic or details, and not " + request.explain);
    }
    if (parameters && !parameters->empty()) {
        const auto json = core::ParseJson(*parameters);
        if (!json) {
            return core::Fail(Code::kInvalidArgument, "BadRequestException",
                              "parameters are no JSON: " + json.error().message);
        }
        GYRE_TRY(ReadParameters(*json, request.parameters));
    }
    return request;
}

Json ToJson(exec::Context& context, const Value& value);

Json PropertiesJson(exec::Context& context, const Value& element) {
    return ToJson(context, Value(exec::PropertiesMap(context, element)));
}

Json ElementJson(exec::Context& context, const Value& element) {
    core::JsonObject json;
    Value id;
    static_cast<void>(exec::IdOf(context, element, id));
    json["~id"] = ToJson(context, id);
    if (const auto* vertex = element.If<VertexRef>()) {
        json["~entityType"] = "node";
        core::JsonArray labels;
        if (const auto row = context.graph.Vertex(vertex->id)) {
            for (const NameId label : row->labels) {
                labels.emplace_back(std::string(context.graph.NameText(label)));
            }
        }
        json["~labels"] = std::move(labels);
    } else {
        const auto& edge = element.As<EdgeRef>();
        Value out, in;
        static_cast<void>(exec::IdOf(context, Value(VertexRef{edge.out}), out));
        static_cast<void>(exec::IdOf(context, Value(VertexRef{edge.in}), in));
        json["~entityType"] = "relationship";
        json["~start"] = ToJson(context, out);
        json["~end"] = ToJson(context, in);
        json["~type"] = std::string(context.graph.NameText(edge.label));
    }
    json["~properties"] = PropertiesJson(context, element);
    return json;
}

Json ItemsJson(exec::Context& context, const Values& items) {
    core::JsonArray array;
    for (const Value& item : items) array.push_back(ToJson(context, item));
    return array;
}

Json ToJson(exec::Context& context, const Value& value) {
    if (value.IsNull()) return nullptr;
    if (value.Is<bool>()) return value.As<bool>();
    if (value.Is<double>() && !std::isfinite(value.As<double>())) return Json(DisplayText(value));
    if (value.IsNumber()) {
        return IsWhole(value) && !value.Is<BigInteger>() ? Json(ToInt64(value))
                                                         : Json(ToDouble(value));
    }
    if (value.Is<VertexRef>() || value.Is<EdgeRef>()) return ElementJson(context, value);
    if (const auto* list = value.If<Ptr<List>>()) return ItemsJson(context, (*list)->items);
    if (const auto* path = value.If<Ptr<Path>>()) return ItemsJson(context, (*path)->objects);
    if (const auto* map = value.If<Ptr<Map>>()) {
        core::JsonObject json;
        for (const auto& [key, inner] : (*map)->Items()) {
            json[DisplayText(key)] = ToJson(context, inner);
        }
        return json;
    }
    return Json(DisplayText(value));
}

core::Result<core::JsonArray> Run(GraphStore& store, const plan::RowQuery& rows,
                                  const GremlinService& service, const core::CancelToken& cancel,
                                  exec::Profile* profile) {
    exec::Limits limits;
    limits.max_held = service.max_held;
    limits.max_bytes = service.max_bytes;
    limits.deadline = service.clock->Now() +
                      (rows.timeout_ms > 0 ? core::milliseconds(rows.timeout_ms) : service.timeout);
    core::JsonArray results;
    GYRE_TRY(cypher::Run(store, rows, {*service.clock, cancel, limits, nullptr, profile},
                         [&](exec::Context& context, const Values& columns) {
                             core::JsonObject json;
                             for (size_t i = 0; i < columns.size(); ++i) {
                                 json[rows.Columns()[i].name] = ToJson(context, columns[i]);
                             }
                             results.push_back(std::move(json));
                         }));
    return results;
}

}  // namespace

std::optional<QueryLog::Shown> ShownCypher(const net::RequestHead& head, const std::string& body) {
    const auto request = ReadRequest(head, body);
    if (!request) return std::nullopt;
    return QueryLog::Shown{head.request_id, request->query};
}

core::Result<net::Response> ServeCypher(const net::RequestHead& head, const std::string& body,
                                        const GremlinService& service,
                                        const gremlin::Permissions& permissions,
                                        QueryLog::Query& running) {
    GYRE_ASSIGN(const CypherRequest request, ReadRequest(head, body));
    GYRE_ASSIGN(const plan::RowQuery rows,
                cypher::Parse(request.query, request.parameters, *service.procedures));
    if ((rows.writes && !permissions.write) || (rows.removes && !permissions.remove)) {
        return core::Fail(Code::kPermissionDenied, "AccessDeniedException",
                          "not allowed: neptune-db:WriteDataViaQuery or DeleteDataViaQuery");
    }
    net::Response response;
    if (request.explain == "static") {
        response.headers.Add("Content-Type", "text/plain; charset=UTF-8");
        response.headers.Add("x-amzn-RequestId", head.request_id);
        response.body = ExplanationTable(request.query, rows);
        return response;
    }
    const auto store = service.graphs->Find("g");
    GYRE_TRY(store->Serves(rows.writes, service.clock->Now()));
    GYRE_TRY(running.Begin({head.request_id, request.query}));
    exec::Profile profile(*service.clock);
    auto results =
        Run(*store, rows, service, running.Cancel(), request.explain.empty() ? nullptr : &profile);
    if (!results) return core::Fail(results.error());
    if (!request.explain.empty()) {
        response.headers.Add("Content-Type", "text/plain; charset=UTF-8");
        response.headers.Add("x-amzn-RequestId", head.request_id);
        response.body = ExplanationTable(request.query, profile.Result());
        return response;
    }
    response.headers.Add("Content-Type", "application/json");
    response.headers.Add("x-amzn-RequestId", head.request_id);
    response.body = core::JsonText(core::JsonObject{{"results", std::move(*results)}});
    return response;
}

}  // namespace gyre::graph::door
