#include <algorithm>
#include <optional>

#include "graph/exec/cypher_values.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"
#include "graph/exec/write.h"

namespace gyre::graph::exec {
namespace {

using plan::RowStep;
using plan::SetItem;

/// Maps, elements and paths are no properties, nor in a list.
bool IsProperty(const Value& value) {
    if (const auto* list = value.If<Ptr<List>>()) {
        return std::ranges::all_of((*list)->items, IsProperty);
    }
    return !value.IsElement() && !value.Is<Ptr<Map>>() && !value.Is<Ptr<Path>>();
}

/// CREATE, MERGE, SET, REMOVE and DELETE. All rows are there before anything is done, and it is
/// done for all before any row goes on: neither a MATCH before nor one after meets half of it.
class RowWrite final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        if (!done_) {
            done_ = true;
            while (Pull(traverser)) {
                context_.Hold();
                rows_.push_back(RowOf(traverser));
            }
            if (context_.Failed()) return false;
            if (row_.kind == RowStep::Kind::kDelete) DeleteAll();
            for (Values& row : rows_) {
                if (row_.kind == RowStep::Kind::kMerge) {
                    Merge(row);
                } else {
                    Work(row);
                }
                if (context_.Failed()) return false;
            }
            if (row_.kind == RowStep::Kind::kMerge) rows_ = std::move(merged_);
        }
        if (context_.Failed() || rows_.empty()) return false;
        traverser = ToTraverser(std::move(rows_.front()));
        rows_.pop_front();
        return true;
    }

  private:
    void Work(Values& row) {
        switch (row_.kind) {
            case RowStep::Kind::kCreate:
                for (const auto& path : row_.patterns) Create(path, row);
                break;
            case RowStep::Kind::kSet:
                for (const SetItem& item : row_.sets) Set(item, row);
                break;
            default:
                break;
        }
    }

    void Create(const plan::PathPattern& path, Values& row) {
        for (const auto& node : path.nodes) {
            if (!row[node.slot].IsNull()) continue;
            if (node.bound && !IsNewHere(path, node)) {
                FailCypher(context_, "SemanticError", "MissingNode",
                           "a relationship is to be made at a node that is null");
                return;
            }
            if (!CreateNode(node, row)) return;
        }
        for (size_t i = 0; i < path.hops.size(); ++i) {
            const auto& hop = path.hops[i];
            if (!row[hop.slot].IsNull()) continue;
            const bool forward = hop.side != Direction::kIn;
            const auto* from = row[path.nodes[forward ? i : i + 1].slot].If<VertexRef>();
            const auto* to = row[path.nodes[forward ? i + 1 : i].slot].If<VertexRef>();
            if (from == nullptr || to == nullptr) {
                context_.Fail("InvalidParameterException", "a relationship is between two nodes");
                return;
            }
            EdgeRow edge;
            edge.label = context_.graph.Intern(hop.types[0]);
            edge.out = from->id;
            edge.in = to->id;
            edge.id = IdIn(hop.properties, row);
            auto added = context_.graph.AddEdge(std::move(edge));
            if (!added) return Refuse(std::move(added.error()));
            row[hop.slot] = Value(*added);
            ++context_.changes.edges_created;
            SetAll(row[hop.slot], hop.properties, row);
        }
        if (path.slot) TakePath(path, row);
    }
    /// Whether it is bound by an earlier place of this very path.
    static bool IsNewHere(const plan::PathPattern& path, const plan::NodePattern& node) {
        return std::ranges::any_of(path.nodes, [&](const plan::NodePattern& other) {
            return other.slot == node.slot && !other.bound;
        });
    }
    bool CreateNode(const plan::NodePattern& node, Values& row) {
        VertexRow vertex;
        for (const std::string& label : node.labels) {
            vertex.labels.push_back(context_.graph.Intern(label));
        }
        vertex.id = IdIn(node.properties, row);
        context_.changes.labels_added += static_cast<int64_t>(vertex.labels.size());
        auto added = context_.graph.AddVertex(std::move(vertex));
        if (!added) {
            Refuse(std::move(added.error()));
            return false;
        }
        row[node.slot] = Value(VertexRef{*added});
        ++context_.changes.nodes_created;
        return SetAll(row[node.slot], node.properties, row);
    }
    /// An element that is not made: of an id that is taken, Neptune's openCypher has a name.
    void Refuse(core::Error error) {
        if (error.code == core::Code::kAlreadyExists) error.wire_name = "DuplicateDataException";
        context_.Fail(std::move(error));
    }
    /// Pairs of key and value.
    std::vector<std::pair<std::string, Value>> ValuesOf(const plan::WantedProperties& properties,
                                                        const Values& row) {
        std::vector<std::pair<std::string, Value>> values;
        for (const auto& [key, expression] : properties.pairs) {
            values.emplace_back(key, Evaluate(context_, *expression, row));
        }
        if (properties.map) {
            const Value map = Evaluate(context_, *properties.map, row);
            if (context_.Failed()) return values;
            for (const auto& [key, value] : map.As<Ptr<Map>>()->Items()) {
                values.emplace_back(DisplayText(key), value);
            }
        }
        return values;
    }
    Value IdIn(const plan::WantedProperties& properties, const Values& row) {
        for (auto& [key, value] : ValuesOf(properties, row)) {
            if (key == "~id") return value;
        }
        return Value();
    }
    bool SetAll(const Value& element, const plan::WantedProperties& properties, const Values& row) {
        for (const auto& [key, value] : ValuesOf(properties, row)) {
            if (key != "~id" && !Put(element, key, value)) return false;
        }
        return true;
    }
    /// One value under the key; null takes the property away.
    bool Put(const Value& element, const std::string& key, const Value& value) {
        if (value.IsNull()) {
            Values properties;
            PropertiesOf(context_, element, {key}, properties);
            if (!properties.empty()) ++context_.changes.properties_set;
            for (const Value& property : properties) {
                if (!Drop(context_, property)) return false;
            }
            return true;
        }
        if (!IsProperty(value)) {
            FailCypher(
                context_, "TypeError", "InvalidPropertyType",
                "the property '" + key + "' cannot be of type " + std::string(TypeName(value)));
            return false;
        }
        ++context_.changes.properties_set;
        const auto cardinality =
            element.Is<VertexRef>() ? std::optional(Cardinality::kSingle) : std::nullopt;
        return SetProperty(context_, element, cardinality, key, Narrow(value), {});
    }

    /// Each way in which the pattern holds is a row; where there is none, it is made.
    void Merge(Values& row) {
        const plan::PathPattern& path = row_.patterns[0];
        if (HasNullProperty(path, row)) return;
        PatternSearch search(row_.patterns, nothing_, context_);
        std::vector<Values> found;
        search.Run(row, [&](const Values& match) {
            context_.Hold();
            found.push_back(match);
            return !context_.Failed();
        });
        if (context_.Failed()) return;
        const bool makes = found.empty();
        if (makes) {
            Create(path, row);
            found.push_back(std::move(row));
        }
        for (Values& match : found) {
            if (context_.Failed()) return;
            for (const SetItem& item : makes ? row_.on_create : row_.on_match) Set(item, match);
            merged_.push_back(std::move(match));
        }
    }
    bool HasNullProperty(const plan::PathPattern& path, const Values& row) {
        const auto has_null = [&](const plan::WantedProperties& properties) {
            return std::ranges::any_of(properties.pairs, [&](const auto& one) {
                return Evaluate(context_, *one.second, row).IsNull();
            });
        };
        const auto of = [&](const auto& part) { return has_null(part.properties); };
        if (!std::ranges::any_of(path.nodes, of) && !std::ranges::any_of(path.hops, of)) {
            return false;
        }
        FailCypher(context_, "SemanticError", "MergeReadOwnWrites",
                   "MERGE cannot be by a property that is null");
        return true;
    }

    void Set(const SetItem& item, const Values& row) {
        const Value element = Evaluate(context_, *item.element, row);
        if (element.IsNull() || context_.Failed()) return;
        if (!element.Is<VertexRef>() && !element.Is<EdgeRef>()) {
            FailCypher(context_, "TypeError", "InvalidArgumentType",
                       "SET and REMOVE are for nodes and relationships, and not for " +
                           std::string(TypeName(element)));
            return;
        }
        if (item.kind == SetItem::Kind::kLabels || item.kind == SetItem::Kind::kRemoveLabels) {
            return SetLabels(element, item.labels, item.kind == SetItem::Kind::kLabels);
        }
        if (item.kind == SetItem::Kind::kRemoveProperty) {
            static_cast<void>(Put(element, item.key, Value()));
            return;
        }
        const Value value = Evaluate(context_, *item.value, row);
        if (item.kind == SetItem::Kind::kProperty) {
            static_cast<void>(Put(element, item.key, value));
            return;
        }
        const auto* map = value.If<Ptr<Map>>();
        if (map == nullptr && !value.Is<VertexRef>() && !value.Is<EdgeRef>()) {
            FailCypher(
                context_, "TypeError", "InvalidArgumentType",
                "properties are taken from a Map, and not from " + std::string(TypeName(value)));
            return;
        }
        const Ptr<Map> from = map ? *map : PropertiesMap(context_, value);
        if (item.kind == SetItem::Kind::kReplace) {
            const Ptr<Map> before = PropertiesMap(context_, element);
            for (const auto& [key, old] : before->Items()) {
                if (from->Find(key) == nullptr && !Put(element, key.As<std::string>(), Value())) {
                    return;
                }
            }
        }
        for (const auto& [key, one] : from->Items()) {
            if (!Put(element, DisplayText(key), one)) return;
        }
    }
    void SetLabels(const Value& element, const std::vector<std::string>& labels, bool there) {
        const auto* vertex = element.If<VertexRef>();
        const auto old = vertex ? context_.graph.Vertex(vertex->id) : nullptr;
        if (!old) return;
        VertexRow row = *old;
        for (const std::string& label : labels) {
            const NameId name = context_.graph.Intern(label);
            const auto place = std::ranges::find(row.labels, name);
            if (there == (place != row.labels.end())) continue;
            if (there) {
                row.labels.push_back(name);
                ++context_.changes.labels_added;
            } else {
                row.labels.erase(place);
                ++context_.changes.labels_removed;
            }
        }
        const auto status = context_.graph.SetLabels(vertex->id, row);
        if (!status) context_.Fail(status.error());
    }

    /// Relationships first: then a node may go that has none but those.
    void DeleteAll() {
        std::vector<Value> edges, vertices;
        for (const Values& row : rows_) {
            for (const auto& expression : row_.deleted) {
                Sort(Evaluate(context_, *expression, row), edges, vertices);
            }
        }
        if (context_.Failed()) return;
        for (const Value& edge : edges) {
            if (!context_.graph.Edge(edge.As<EdgeRef>().id)) continue;
            static_cast<void>(Drop(context_, edge));
            ++context_.changes.edges_deleted;
        }
        for (const Value& vertex : vertices) {
            if (!context_.graph.Vertex(vertex.As<VertexRef>().id)) continue;
            for (const Direction side : {Direction::kOut, Direction::kIn}) {
                context_.changes.edges_deleted += static_cast<int64_t>(
                    context_.graph.Degree(vertex.As<VertexRef>().id, side, std::nullopt));
            }
            ++context_.changes.nodes_deleted;
            if (!row_.detach && HasEdges(vertex.As<VertexRef>().id)) {
                context_.Fail("ConstraintViolationException",
                              "Cannot delete a node that has relationships; use DETACH DELETE "
                              "(ConstraintVerificationFailed: DeleteConnectedNode)");
                return;
            }
            static_cast<void>(Drop(context_, vertex));
        }
    }
    void Sort(const Value& value, std::vector<Value>& edges, std::vector<Value>& vertices) {
        context_.Hold();
        if (const auto* path = value.If<Ptr<Path>>()) {
            for (const Value& part : (*path)->objects) Sort(part, edges, vertices);
        } else if (value.Is<VertexRef>()) {
            vertices.push_back(value);
        } else if (value.Is<EdgeRef>()) {
            edges.push_back(value);
        } else if (!value.IsNull()) {
            FailCypher(context_, "TypeError", "InvalidArgumentType",
                       "DELETE is for nodes, relationships and paths, and not for " +
                           std::string(TypeName(value)));
        }
    }
    bool HasEdges(uint64_t vertex) {
        for (const Direction side : {Direction::kOut, Direction::kIn}) {
            if (context_.graph.Degree(vertex, side, std::nullopt) > 0) return true;
        }
        return false;
    }

    void TakePath(const plan::PathPattern& path, Values& row) {
        auto whole = std::make_shared<Path>();
        for (size_t i = 0; i < path.nodes.size(); ++i) {
            if (i > 0) whole->objects.push_back(row[path.hops[i - 1].slot]);
            whole->objects.push_back(row[path.nodes[i].slot]);
        }
        whole->labels.resize(whole->objects.size());
        row[*path.slot] = Value(std::move(whole));
    }

    const plan::ExpressionPtr nothing_;
    bool done_ = false;
    std::deque<Values> rows_, merged_;
};

}  // namespace

StagePtr MakeRowWrite(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<RowWrite>(step, width, context);
}

}  // namespace gyre::graph::exec
