#include <optional>

#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/rows.h"
#include "graph/exec/write.h"

namespace gyre::graph::exec {
namespace {

using plan::RowStep;
using plan::SetItem;
using Wanted = std::vector<std::pair<std::string, plan::ExpressionPtr>>;

/// CREATE, MERGE, SET, REMOVE and DELETE. What they do to all rows is done before any row goes on,
/// so that a MATCH does not meet what its own rows made.
class RowWrite final : public RowStage {
  public:
    using RowStage::RowStage;
    bool Next(Traverser& traverser) override {
        if (!done_) {
            done_ = true;
            while (Pull(traverser)) {
                Values row = RowOf(traverser);
                Work(row);
                if (context_.Failed()) return false;
                context_.Hold();
                rows_.push_back(std::move(row));
            }
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
            case RowStep::Kind::kMerge:
                MergeOne(row);
                break;
            case RowStep::Kind::kSet:
                for (const SetItem& item : row_.sets) Set(item, row);
                break;
            default:
                for (const auto& expression : row_.deleted) {
                    Delete(Evaluate(context_, *expression, row));
                }
                break;
        }
    }

    void Create(const plan::PathPattern& path, Values& row) {
        for (const auto& node : path.nodes) {
            if (!row[node.slot].IsNull()) continue;
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
            if (!AddEdge(context_, std::move(edge), row[hop.slot])) return;
            SetAll(row[hop.slot], hop.properties, row);
        }
        if (path.slot) TakePath(path, row);
    }
    bool CreateNode(const plan::NodePattern& node, Values& row) {
        VertexRow vertex;
        for (const std::string& label : node.labels) {
            vertex.labels.push_back(context_.graph.Intern(label));
        }
        if (vertex.labels.empty()) vertex.labels = LabelsOf(context_, "vertex");
        vertex.id = IdIn(node.properties, row);
        if (!AddVertex(context_, std::move(vertex), row[node.slot])) return false;
        return SetAll(row[node.slot], node.properties, row);
    }
    Value IdIn(const Wanted& properties, const Values& row) {
        for (const auto& [key, expression] : properties) {
            if (key == "~id") return Evaluate(context_, *expression, row);
        }
        return Value();
    }
    bool SetAll(const Value& element, const Wanted& properties, const Values& row) {
        for (const auto& [key, expression] : properties) {
            if (key == "~id") continue;
            if (!Put(element, key, Evaluate(context_, *expression, row))) return false;
        }
        return true;
    }
    /// One value under the key; null takes the property away.
    bool Put(const Value& element, const std::string& key, const Value& value) {
        if (value.IsNull()) {
            Values properties;
            PropertiesOf(context_, element, {key}, properties);
            for (const Value& property : properties) {
                if (!Drop(context_, property)) return false;
            }
            return true;
        }
        const auto cardinality =
            element.Is<VertexRef>() ? std::optional(Cardinality::kSingle) : std::nullopt;
        return SetProperty(context_, element, cardinality, key, value, {});
    }

    void MergeOne(Values& row) {
        PatternSearch search(row_.patterns, nothing_, context_);
        std::optional<Values> found;
        search.Run(row, [&](const Values& match) {
            found = match;
            return false;
        });
        if (context_.Failed()) return;
        if (found)
            row = std::move(*found);
        else
            Create(row_.patterns[0], row);
        for (const SetItem& item : found ? row_.on_match : row_.on_create) Set(item, row);
    }

    void Set(const SetItem& item, const Values& row) {
        const Value& element = row[item.slot];
        if (element.IsNull()) return;
        if (item.kind == SetItem::Kind::kLabels) return AddLabels(element, item.labels);
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
        const Ptr<Map> from = map ? *map : PropertiesMap(context_, value);
        if (item.kind == SetItem::Kind::kReplace) {
            for (const auto& [key, old] : PropertiesMap(context_, element)->Items()) {
                if (from->Find(key) == nullptr && !Put(element, key.As<std::string>(), Value())) {
                    return;
                }
            }
        }
        for (const auto& [key, one] : from->Items()) {
            if (!Put(element, DisplayText(key), one)) return;
        }
    }
    void AddLabels(const Value& element, const std::vector<std::string>& labels) {
        const auto* vertex = element.If<VertexRef>();
        const auto old = vertex ? context_.graph.Vertex(vertex->id) : nullptr;
        if (!old) return;
        VertexRow row = *old;
        for (const std::string& label : labels) {
            const NameId name = context_.graph.Intern(label);
            bool has = false;
            for (const NameId one : row.labels) has = has || one == name;
            if (!has) row.labels.push_back(name);
        }
        const auto status = context_.graph.AddLabels(vertex->id, row);
        if (!status) context_.Fail(status.error());
    }

    void Delete(const Value& value) {
        if (const auto* path = value.If<Ptr<Path>>()) {
            for (const Value& part : (*path)->objects) Delete(part);
            return;
        }
        if (value.IsNull()) return;
        if (!value.Is<VertexRef>() && !value.Is<EdgeRef>()) {
            context_.Fail("InvalidParameterException", "DELETE is for nodes and relationships");
            return;
        }
        if (const auto* vertex = value.If<VertexRef>(); vertex && !row_.detach) {
            for (const Direction side : {Direction::kOut, Direction::kIn}) {
                if (context_.graph.Degree(vertex->id, side, std::nullopt) == 0) continue;
                context_.Fail("ConstraintViolationException",
                              "Cannot delete a node that has relationships; use DETACH DELETE");
                return;
            }
        }
        static_cast<void>(Drop(context_, value));
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
    std::deque<Values> rows_;
};

}  // namespace

StagePtr MakeRowWrite(const plan::RowStep& step, size_t width, Context& context) {
    return std::make_unique<RowWrite>(step, width, context);
}

}  // namespace gyre::graph::exec
