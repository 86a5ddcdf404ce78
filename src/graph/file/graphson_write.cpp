#include <algorithm>

#include "graph/file/graph_file.h"
#include "graph/format/element_view.h"
#include "graph/format/graphson.h"

namespace gyre::graph::file {
namespace {

/// A vertex as a line, with the edges on both its sides.
class Line {
  public:
    Line(exec::Context& context, uint64_t vertex)
        : context_(context),
          vertex_(vertex),
          writer_(&context, false, format::Mime::kGraphSon3, text_) {}

    std::string Text() {
        const format::VertexView view = format::ViewOf(&context_, VertexRef{vertex_}, true);
        text_ += "{\"id\":";
        writer_.Value(view.id);
        text_ += ",\"label\":";
        writer_.Text(view.label);
        Edges("inE", Direction::kIn);
        Edges("outE", Direction::kOut);
        Properties(view);
        text_ += "}\n";
        return std::move(text_);
    }

  private:
    void Edges(std::string_view name, Direction side) {
        std::vector<EdgeRef> edges;
        const auto scan = context_.graph.EdgesAt(vertex_, side, std::nullopt);
        EdgeRef edge;
        while (context_.GoOn() && scan->Next(edge)) {
            context_.Hold();
            edges.push_back(edge);
        }
        if (edges.empty()) return;
        std::ranges::stable_sort(edges, {}, &EdgeRef::label);
        text_ += ",\"" + std::string(name) + "\":{";
        for (size_t i = 0; i < edges.size() && context_.GoOn(); ++i) {
            if (i == 0 || edges[i].label != edges[i - 1].label) {
                if (i > 0) text_ += "],";
                writer_.Text(context_.graph.NameText(edges[i].label));
                text_ += ":[";
            } else {
                text_ += ',';
            }
            Edge(edges[i], side);
        }
        text_ += "]}";
        context_.Release(edges.size());
    }
    void Edge(const EdgeRef& edge, Direction side) {
        const format::EdgeView view = format::ViewOf(&context_, edge, true);
        text_ += "{\"id\":";
        writer_.Value(view.id);
        text_ += side == Direction::kOut ? ",\"inV\":" : ",\"outV\":";
        writer_.Value(side == Direction::kOut ? view.in.id : view.out.id);
        if (!view.properties.empty()) {
            text_ += ",\"properties\":{";
            for (size_t i = 0; i < view.properties.size(); ++i) {
                if (i > 0) text_ += ',';
                writer_.Text(view.properties[i].first);
                text_ += ':';
                writer_.Value(view.properties[i].second);
            }
            text_ += '}';
        }
        text_ += '}';
    }
    void Properties(const format::VertexView& view) {
        if (view.properties.empty()) return;
        text_ += ",\"properties\":{";
        for (size_t i = 0; i < view.properties.size(); ++i) {
            const VertexProperty& property = *view.properties[i];
            if (i == 0 || property.key != view.properties[i - 1]->key) {
                if (i > 0) text_ += "],";
                writer_.Text(property.key);
                text_ += ":[";
            } else {
                text_ += ',';
            }
            text_ += "{\"id\":";
            writer_.Value(Value(property.id));
            text_ += ",\"value\":";
            writer_.Value(property.value);
            if (!property.meta.empty()) {
                text_ += ",\"properties\":{";
                for (size_t at = 0; at < property.meta.size(); ++at) {
                    if (at > 0) text_ += ',';
                    writer_.Text(property.meta[at].first);
                    text_ += ':';
                    writer_.Value(property.meta[at].second);
                }
                text_ += '}';
            }
            text_ += '}';
        }
        text_ += "]}";
    }

    exec::Context& context_;
    const uint64_t vertex_;
    std::string text_;
    format::GraphSonWriter writer_;
};

}  // namespace

core::Status WriteGraphSon(exec::Context& context, const Put& put) {
    VertexScan scan = context.graph.Vertices();
    uint64_t vertex = 0;
    while (context.GoOn() && scan.Next(vertex)) GYRE_TRY(put(Line(context, vertex).Text()));
    return context.Failed() ? core::Fail(context.Failure()) : core::Status();
}

}  // namespace gyre::graph::file
