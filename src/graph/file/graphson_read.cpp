#include <map>

#include "core/json.h"
#include "graph/exec/write.h"
#include "graph/file/graph_file.h"
#include "graph/format/graphson.h"

namespace gyre::graph::file {
namespace {

using core::Code;
using core::Json;

core::Result<Value> Read(const Json& object, std::string_view member) {
    const Json* json = core::JsonFind(object, member);
    if (json == nullptr) {
        return core::Fail(Code::kInvalidArgument, "no '" + std::string(member) + "'");
    }
    return format::ReadGraphSon(*json);
}

core::Result<uint64_t> ReadVertex(Transaction& graph, const Json& json) {
    VertexRow row;
    GYRE_ASSIGN(row.id, Read(json, "id"));
    row.labels = exec::LabelsOf(graph, core::JsonString(json, "label").value_or("vertex"));
    const Json* properties = core::JsonFind(json, "properties");
    if (properties == nullptr || !properties->is_object()) return graph.AddVertex(std::move(row));
    for (const auto& [key, values] : properties->get_object()) {
        if (!values.is_array()) continue;
        for (const Json& typed : values.get_array()) {
            const Json* one = core::JsonFind(typed, "@value");
            if (one == nullptr) one = &typed;
            VertexValue value;
            value.key = graph.Intern(key);
            GYRE_ASSIGN(value.value, Read(*one, "value"));
            GYRE_ASSIGN(const Value id, Read(*one, "id"));
            if (IsWholeId(id)) value.id = WholeId(id) == 0 ? kZeroValueId : WholeId(id);
            const Json* meta = core::JsonFind(*one, "properties");
            if (meta != nullptr && meta->is_object()) {
                for (const auto& [name, inner] : meta->get_object()) {
                    GYRE_ASSIGN(Value read, format::ReadGraphSon(inner));
                    value.meta.emplace_back(graph.Intern(name), std::move(read));
                }
            }
            row.values.push_back(std::move(value));
        }
    }
    return graph.AddVertex(std::move(row));
}

/// {"label": [{"id":…, "inV":…, "properties":{…}}]}
core::Status AddEdges(Transaction& graph, uint64_t out, const Json& edges) {
    if (!edges.is_object()) return {};
    for (const auto& [label, list] : edges.get_object()) {
        if (!list.is_array()) continue;
        for (const Json& json : list.get_array()) {
            EdgeRow row;
            row.label = graph.Intern(label);
            row.out = out;
            GYRE_ASSIGN(row.id, Read(json, "id"));
            GYRE_ASSIGN(const Value in, Read(json, "inV"));
            const auto vertex = graph.FindVertex(in);
            if (!vertex) {
                return core::Fail(Code::kInvalidArgument, "no vertex " + DisplayText(in));
            }
            row.in = *vertex;
            const Json* properties = core::JsonFind(json, "properties");
            if (properties != nullptr && properties->is_object()) {
                for (const auto& [key, inner] : properties->get_object()) {
                    const Json* typed = core::JsonFind(inner, "@value");
                    const Json* value =
                        typed != nullptr ? core::JsonFind(*typed, "value") : nullptr;
                    GYRE_ASSIGN(Value read, format::ReadGraphSon(value ? *value : inner));
                    row.values.emplace_back(graph.Intern(key), std::move(read));
                }
            }
            GYRE_TRY(graph.AddEdge(std::move(row)));
        }
    }
    return {};
}

}  // namespace

core::Status LoadGraphSon(GraphStore& store, std::string_view text) {
    const auto graph = store.Write();
    GYRE_TRY(ReadGraphSon(*graph, text));
    return graph->Commit();
}

core::Status ReadGraphSon(Transaction& graph, std::string_view text) {
    std::vector<std::pair<uint64_t, Json>> lines;
    int number = 0;
    while (!text.empty()) {
        ++number;
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
        auto json = core::ParseJson(line);
        if (!json) return core::Fail(std::move(json.error()).In("line " + std::to_string(number)));
        auto vertex = ReadVertex(graph, *json);
        if (!vertex) {
            return core::Fail(std::move(vertex.error()).In("line " + std::to_string(number)));
        }
        lines.emplace_back(*vertex, std::move(*json));
    }
    for (const auto& [vertex, json] : lines) {
        if (const Json* edges = core::JsonFind(json, "outE")) {
            GYRE_TRY(AddEdges(graph, vertex, *edges));
        }
    }
    return {};
}

}  // namespace gyre::graph::file
