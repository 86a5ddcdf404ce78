#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "core/result.h"
#include "graph/exec/context.h"
#include "graph/storage/graph_store.h"

namespace gyre::graph::file {

/// How a whole graph is kept in a file, as TinkerPop's io() has it.
enum class Format : uint8_t {
    kGraphSon,  ///< GraphSON 3: a line a vertex, with its edges (TinkerPop, "IO Reference")
    kGraphMl,   ///< XML (graphml.graphdrawing.org): without meta-properties, one value a key
    kGryo,      ///< Kryo's bytes, a StarGraph a vertex (TinkerPop's GryoWriter): only read
};
/// Of "graphson", "graphml" and "gryo", and of the endings that io() goes by, ".json", ".xml" and
/// ".kryo".
[[nodiscard]] std::optional<Format> FormatNamed(std::string_view name);

/// Adds the file's elements to what a writing transaction's graph has. Errors: kInvalidArgument
/// saying what is wrong and where, and those of the transaction.
[[nodiscard]] core::Status Read(Format format, Transaction& graph, std::string_view text);

/// Fills an empty graph, in a transaction of its own. Errors: as Read's.
[[nodiscard]] core::Status LoadGraphSon(GraphStore& store, std::string_view text);

/// Gets a file's text in pieces.
using Put = std::function<core::Status(std::string_view piece)>;
/// Errors: kInvalidArgument (a graph that the format cannot hold), kUnimplemented (Gryo), the
/// query's limits, `put`'s.
[[nodiscard]] core::Status Write(Format format, exec::Context& context, const Put& put);

[[nodiscard]] core::Status ReadGraphSon(Transaction& graph, std::string_view text);
[[nodiscard]] core::Status ReadGryo(Transaction& graph, std::string_view bytes);
[[nodiscard]] core::Status ReadGraphMl(Transaction& graph, std::string_view text);
[[nodiscard]] core::Status WriteGraphSon(exec::Context& context, const Put& put);
[[nodiscard]] core::Status WriteGraphMl(exec::Context& context, const Put& put);

}  // namespace gyre::graph::file
