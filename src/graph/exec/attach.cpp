#include "graph/exec/attach.h"

namespace gyre::graph::exec {

Value Attached(Transaction& graph, const Value& value) {
    if (const auto* reference = value.If<Ptr<ElementReference>>()) {
        if ((*reference)->kind == ElementReference::Kind::kVertex) {
            if (const auto vertex = graph.FindVertex((*reference)->id)) return VertexRef{*vertex};
        } else if ((*reference)->kind == ElementReference::Kind::kEdge) {
            if (const auto edge = graph.FindEdge((*reference)->id)) return *edge;
        }
        return value;
    }
    if (const auto* list = value.If<Ptr<List>>()) {
        Values items;
        for (const Value& item : (*list)->items) items.push_back(Attached(graph, item));
        return MakeList(std::move(items));
    }
    if (const auto* set = value.If<Ptr<Set>>()) {
        auto items = std::make_shared<Set>();
        for (const Value& item : (*set)->items) items->Add(Attached(graph, item));
        return Value(std::move(items));
    }
    return value;
}

}  // namespace gyre::graph::exec
