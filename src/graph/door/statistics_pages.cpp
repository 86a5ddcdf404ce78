#include "graph/door/statistics_pages.h"

#include "graph/door/json_page.h"
#include "graph/rdf/summary.h"
#include "graph/storage/summary.h"

namespace gyre::graph::door {
namespace {

using core::Json;
using core::JsonArray;
using core::JsonObject;

constexpr core::seconds kFresh{60};

net::Response PayloadPage(JsonObject payload) {
    return JsonPage(JsonObject{{"status", "200 OK"}, {"payload", std::move(payload)}});
}

JsonArray Texts(const std::set<std::string>& texts) {
    JsonArray array;
    for (const std::string& text : texts) array.emplace_back(text);
    return array;
}

JsonArray Counts(const std::map<std::string, uint64_t>& counts) {
    JsonArray array;
    for (const auto& [name, count] : counts) array.push_back(JsonObject{{name, count}});
    return array;
}

JsonObject ToJson(const GraphSummary& summary, bool detailed) {
    JsonObject json;
    json["numNodes"] = summary.nodes;
    json["numEdges"] = summary.edges;
    json["numNodeLabels"] = summary.node_labels.size();
    json["numEdgeLabels"] = summary.edge_labels.size();
    json["nodeLabels"] = Texts(summary.node_labels);
    json["edgeLabels"] = Texts(summary.edge_labels);
    json["numNodeProperties"] = summary.node_properties.size();
    json["numEdgeProperties"] = summary.edge_properties.size();
    json["nodeProperties"] = Counts(summary.node_properties);
    json["edgeProperties"] = Counts(summary.edge_properties);
    json["totalNodePropertyValues"] = summary.node_values;
    json["totalEdgePropertyValues"] = summary.edge_values;
    if (!detailed) return json;
    JsonArray nodes, edges;
    for (const auto& [structure, count] : summary.node_structures) {
        nodes.push_back(JsonObject{{"count", count},
                                   {"nodeProperties", Texts(structure.properties)},
                                   {"distinctOutgoingEdgeLabels", Texts(structure.edge_labels)}});
    }
    for (const auto& [properties, count] : summary.edge_structures) {
        edges.push_back(JsonObject{{"count", count}, {"edgeProperties", Texts(properties)}});
    }
    json["nodeStructures"] = std::move(nodes);
    json["edgeStructures"] = std::move(edges);
    return json;
}

JsonObject ToJson(const rdf::RdfSummary& summary, bool detailed) {
    JsonObject json;
    json["numDistinctSubjects"] = summary.subjects;
    json["numDistinctPredicates"] = summary.predicates.size();
    json["numQuads"] = summary.quads;
    json["numClasses"] = summary.classes.size();
    json["classes"] = Texts(summary.classes);
    json["predicates"] = Counts(summary.predicates);
    if (!detailed) return json;
    JsonArray structures;
    for (const auto& [predicates, count] : summary.structures) {
        structures.push_back(JsonObject{{"count", count}, {"predicates", Texts(predicates)}});
    }
    json["subjectStructures"] = std::move(structures);
    return json;
}

}  // namespace

core::Result<CountedGraph> CountPropertyGraph(Transaction& graph,
                                              const std::function<bool()>& go_on) {
    GYRE_ASSIGN(const GraphSummary summary, Summarise(graph, go_on));
    return CountedGraph{ToJson(summary, false), ToJson(summary, true),
                        summary.node_structures.size(), summary.nodes,
                        summary.node_properties.size() + summary.edge_labels.size()};
}

core::Result<CountedGraph> CountRdf(Transaction& graph, const std::function<bool()>& go_on) {
    rdf::Quads quads(graph);
    GYRE_ASSIGN(const rdf::RdfSummary summary, rdf::Summarise(quads, go_on));
    return CountedGraph{ToJson(summary, false), ToJson(summary, true), summary.structures.size(),
                        summary.quads, summary.predicates.size()};
}

core::Result<Statistics::Known> Statistics::Latest(bool anew) {
    {
        auto state = state_.Lock();
        const auto& known = state->known;
        const bool old = known && state->automatic && clock_.WallNow() - known->at > kFresh;
        if (known && !anew && !old) return *known;
    }
    const auto deadline = clock_.Now() + timeout_;
    const auto graph = graphs_.Find("g")->Read();
    Known known;
    GYRE_ASSIGN(known.graph, count_(*graph, [&] { return clock_.Now() < deadline; }));
    known.at = clock_.WallNow();
    auto state = state_.Lock();
    known.id = state->next_id++;
    state->known = known;
    return known;
}

core::Result<net::Response> Statistics::Summary(bool detailed) {
    GYRE_ASSIGN(const Known known, Latest(false));
    return PayloadPage(
        JsonObject{{"version", "v1"},
                   {"lastStatisticsComputationTime", core::Iso8601(known.at)},
                   {"graphSummary", detailed ? known.graph.detailed : known.graph.summary}});
}

core::Result<net::Response> Statistics::Manage(const std::string& body) {
    const auto json = core::ParseJson(body);
    const auto mode = json ? core::JsonString(*json, "mode") : std::nullopt;
    if (!mode ||
        (*mode != "refresh" && *mode != "enableAutoCompute" && *mode != "disableAutoCompute")) {
        return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                          "mode is refresh, enableAutoCompute or disableAutoCompute");
    }
    if (*mode == "refresh") {
        GYRE_ASSIGN(const Known known, Latest(true));
        return PayloadPage(JsonObject{{"statisticsId", std::to_string(known.id)}});
    }
    state_.Lock()->automatic = *mode == "enableAutoCompute";
    return PayloadPage(JsonObject());
}

core::Result<net::Response> Statistics::Serve(const net::RequestHead& head,
                                              const std::string& body) {
    if (head.path.ends_with("/summary")) {
        const auto members = net::ParseQuery(head.query);
        bool detailed = false;
        if (members) {
            for (const auto& [key, value] : *members) {
                if (key == "mode") detailed = value == "detailed";
            }
        }
        return Summary(detailed);
    }
    if (head.method == "POST") return Manage(body);
    if (head.method == "DELETE") {
        state_.Lock()->known.reset();
        return PayloadPage(JsonObject{{"active", false}, {"statisticsId", "-1"}});
    }
    GYRE_ASSIGN(const Known known, Latest(false));
    const bool automatic = state_.Lock()->automatic;
    const CountedGraph& graph = known.graph;
    return PayloadPage(
        JsonObject{{"autoCompute", automatic},
                   {"active", true},
                   {"statisticsId", std::to_string(known.id)},
                   {"date", core::Iso8601(known.at)},
                   {"note", ""},
                   {"signatureInfo", JsonObject{{"signatureCount", graph.signatures},
                                                {"instanceCount", graph.instances},
                                                {"predicateCount", graph.predicates}}}});
}

}  // namespace gyre::graph::door
