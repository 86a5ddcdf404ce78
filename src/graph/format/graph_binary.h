#pragma once

#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/format/message.h"

namespace gyre::graph::format {

/// A value of GraphBinary version 1 that fills `bytes`. Errors: kInvalidArgument with the offset.
[[nodiscard]] core::Result<Value> ReadGraphBinary(std::string_view bytes);
[[nodiscard]] core::Result<Request> ReadBinaryRequest(std::string_view payload);

/// Appends values, each with its type.
class BinaryWriter {
  public:
    BinaryWriter(exec::Context* context, bool tokens_only, std::string& into)
        : context_(context), tokens_(tokens_only), out_(into) {}

    void Value(const graph::Value& value);
    void Traverser(const graph::Value& value, int64_t bulk);
    /// Without its type: as a message's attributes are.
    void BareMap(const graph::Map& map);

  private:
    struct Visit;
    void Type(uint8_t type);
    void Null() { out_.append("\xfe\x01", 2); }
    template <typename Whole>
    void Number(Whole number);
    void BareText(std::string_view text);
    void Items(uint8_t type, const Values& items);
    void BareTree(const graph::Tree& tree);
    void VertexProperty(const graph::VertexProperty& property);
    void GraphVertex(const graph::Value& vertex);
    void GraphEdge(const graph::Value& edge);
    void BareProperties(const std::vector<std::pair<std::string, graph::Value>>& properties);
    void BareMetrics(const std::vector<Metrics>& steps);

    exec::Context* context_;
    const bool tokens_;
    std::string& out_;
};

[[nodiscard]] std::string WrapBinary(const Response& response, std::string_view items,
                                     size_t count);

}  // namespace gyre::graph::format
