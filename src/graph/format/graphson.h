#pragma once

#include <string>
#include <string_view>

#include "core/json.h"
#include "core/result.h"
#include "graph/format/message.h"

namespace gyre::graph::format {

/// A value of GraphSON 2 or 3, typed or not. Errors: kInvalidArgument.
[[nodiscard]] core::Result<Value> ReadGraphSon(const core::Json& json);
[[nodiscard]] core::Result<Request> ReadGraphSonRequest(std::string_view payload);

/// Appends values to a text (TinkerPop, "GraphSON").
class GraphSonWriter {
  public:
    GraphSonWriter(exec::Context* context, bool tokens_only, Mime mime, std::string& into)
        : context_(context),
          tokens_(tokens_only),
          typed_(mime != Mime::kGraphSonUntyped),
          version2_(mime == Mime::kGraphSon2),
          out_(into) {}

    void Value(const graph::Value& value);
    void Traverser(const graph::Value& value, int64_t bulk);
    void Text(std::string_view text);
    void Map(const graph::Map& map);

  private:
    struct Visit;
    void Typed(std::string_view type, std::string_view json);
    void Open(std::string_view type);
    void Close();
    void Items(std::string_view type, const Values& items);
    void Vertex(VertexRef vertex);
    void Edge(const EdgeRef& edge);
    void Property(const graph::VertexProperty& property, bool in_vertex);
    void Property(const std::string& key, const graph::Value& value);
    void Path(const graph::Path& path);
    void Graph(const Subgraph& graph);
    void Map(const graph::Map& map, std::string_view key, const std::vector<Metrics>& steps);
    void Tree(const graph::Tree& tree);
    void Key(const graph::Value& key);

    exec::Context* context_;
    const bool tokens_;
    const bool typed_;
    const bool version2_;
    std::string& out_;
};

[[nodiscard]] std::string WrapGraphSon(Mime mime, const Response& response, std::string_view items);

}  // namespace gyre::graph::format
