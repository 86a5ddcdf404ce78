#include "graph/door/status_pages.h"

#include <optional>

#include "core/json.h"
#include "graph/door/json_page.h"

namespace gyre::graph::door {

net::Response EngineStatus(core::WallTime started, const core::JsonObject& replicas) {
    core::JsonObject json;
    json["status"] = "healthy";
    json["startTime"] = core::HttpDate(started);
    json["dbEngineVersion"] = std::string(kEngineVersion) + ".gyre";
    json["role"] = replicas.contains("g") ? "reader" : "writer";
    json["dfeQueryEngine"] = "viaQueryHint";
    json["gremlin"] = core::JsonObject{{"version", "tinkerpop-3.7.3"}};
    json["sparql"] = core::JsonObject{{"version", "sparql-1.1"}};
    json["opencypher"] = core::JsonObject{{"version", "Neptune-9.0.20190305-1.0"}};
    json["labMode"] = core::JsonObject{};
    json["rollingBackTrxCount"] = 0;
    json["features"] = core::JsonObject{};
    json["settings"] = core::JsonObject{};
    if (!replicas.empty()) json["replicas"] = replicas;
    return JsonPage(json);
}

core::Result<net::Response> QueryStatus(const net::RequestHead& head, const std::string& body,
                                        QueryLog& log, QueryLanguage language) {
    constexpr std::string_view kStatus = "/status/";
    std::string id;
    bool cancel = head.method == "DELETE";
    bool waiting = false;
    const size_t place = head.path.find(kStatus);
    if (place != std::string::npos) id = head.path.substr(place + kStatus.size());
    for (const std::string& text : {head.query, head.method == "POST" ? body : std::string()}) {
        const auto members = net::ParseQuery(text);
        if (!members) continue;
        for (const auto& [key, value] : *members) {
            if (key == "queryId") id = value;
            if (key == "cancelQuery") cancel = cancel || value != "false";
            if (key == "includeWaiting") waiting = value != "false";
        }
    }
    if (cancel) {
        if (!log.Cancel(language, id)) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                              "there is no query '" + id + "' to cancel");
        }
        return JsonPage(core::JsonObject{{"status", "200 OK"}, {"payload", true}});
    }
    if (id.empty()) return JsonPage(log.Status(language, waiting));
    const auto one = log.Status(language, id);
    if (!one) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "there is no query '" + id + "'");
    }
    return JsonPage(*one);
}

}  // namespace gyre::graph::door
