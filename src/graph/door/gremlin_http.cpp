#include "graph/door/gremlin_http.h"

#include <algorithm>

#include "core/digest.h"
#include "core/json.h"
#include "graph/format/graphson.h"

namespace gyre::graph::door {
namespace {

using core::Code;
using format::Mime;

/// The first of the types that Accept names and we write.
core::Result<Mime> Accepted(const net::RequestHead& head) {
    std::string_view accept = head.headers.Get("Accept");
    if (accept.empty()) return Mime::kGraphSon3;
    while (!accept.empty()) {
        const size_t end = std::min(accept.find(','), accept.size());
        std::string_view one = accept.substr(0, end);
        accept.remove_prefix(std::min(end + 1, accept.size()));
        while (one.starts_with(' ')) one.remove_prefix(1);
        Mime mime{};
        if (format::ParseMime(one, mime)) return mime;
        if (one.starts_with("*/*") || one.starts_with("application/*")) return Mime::kGraphSon3;
    }
    return core::Fail(Code::kInvalidArgument, "BadRequestException",
                      "none of the types in Accept is served: application/json, "
                      "application/vnd.gremlin-v2.0+json, application/vnd.gremlin-v3.0+json (each "
                      "also with ;types=false) and application/vnd.graphbinary-v1.0 are");
}

/// The request's members, whichever way it came.
core::Result<format::Request> ReadHttp(const net::RequestHead& head, const std::string& body) {
    format::Request request;
    request.op = "eval";
    if (!ParseUuid(head.request_id, request.id)) {
        GYRE_CHECK(ParseUuid(core::RandomUuid(), request.id));
    }
    if (head.method == "GET") {
        const auto query = net::ParseQuery(head.query);
        if (!query)
            return core::Fail(Code::kInvalidArgument, "BadRequestException", "broken escape");
        for (const auto& [key, value] : *query) request.arguments.Put(Value(key), Value(value));
        return request;
    }
    if (head.method != "POST") {
        return core::Fail(Code::kInvalidArgument, "MethodNotAllowedException",
                          "/gremlin takes GET and POST");
    }
    auto json = core::ParseJson(body, {.max_depth = 200});
    if (!json || !json->is_object()) {
        return core::Fail(
            Code::kInvalidArgument, "MalformedQueryException",
            "the body is no JSON object" + (json ? std::string() : ": " + json.error().message));
    }
    GYRE_ASSIGN(const Value read, format::ReadGraphSon(*json));
    if (!read.Is<Ptr<Map>>()) {
        return core::Fail(Code::kInvalidArgument, "BadRequestException", "the body is no map");
    }
    request.arguments = *read.As<Ptr<Map>>();
    return request;
}

}  // namespace

std::optional<QueryLog::Shown> ShownGremlin(const net::RequestHead& head, const std::string& body) {
    const auto request = ReadHttp(head, body);
    if (!request) return std::nullopt;
    const auto query = ReadQuery(*request);
    if (!query) return std::nullopt;
    return QueryLog::Shown{query->id, QueryText(*query)};
}

core::Result<net::Response> ServeGremlin(const net::RequestHead& head, const std::string& body,
                                         const GremlinService& service,
                                         const gremlin::Permissions& permissions,
                                         QueryLog::Query& running) {
    GYRE_ASSIGN(const Mime mime, Accepted(head));
    GYRE_ASSIGN(format::Request request, ReadHttp(head, body));
    GYRE_ASSIGN(GremlinQuery query, ReadQuery(request));
    query.permissions = permissions;
    query.batch = kWhole;
    GYRE_TRY(running.Begin({query.id, QueryText(query)}));
    std::string items;
    size_t count = 0;
    const auto status = Answer(service, query, mime, running.Cancel(), nullptr,
                               [&](std::string batch, size_t size, bool) {
                                   if (count > 0 && size > 0 && mime != Mime::kGraphBinary &&
                                       mime != Mime::kGraphBinaryStrings) {
                                       items += ',';
                                   }
                                   items += batch;
                                   count += size;
                                   return core::Status();
                               });
    if (!status) return core::Fail(status.error());
    format::Response answer;
    answer.id = request.id;
    net::Response response;
    response.headers.Add("Content-Type", std::string(format::MimeName(mime)));
    response.headers.Add("x-amzn-RequestId", UuidText(request.id));
    response.body = format::WrapResponse(mime, answer, items, count);
    return response;
}

}  // namespace gyre::graph::door
