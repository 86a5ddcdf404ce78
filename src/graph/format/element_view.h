#pragma once

#include <string>
#include <vector>

#include "graph/exec/context.h"
#include "graph/value.h"

namespace gyre::graph::format {

/// What is written of an element: with the ids that its user knows. An element that is gone has a
/// null id and no label.
struct VertexView {
    Value id;
    std::string label;
    std::vector<Ptr<VertexProperty>> properties;  ///< those of one key stand together
};
struct EdgeView {
    Value id;
    std::string label;
    VertexView out, in;  ///< id and label
    std::vector<std::pair<std::string, Value>> properties;
};

[[nodiscard]] VertexView ViewOf(exec::Context* context, VertexRef vertex, bool properties);
[[nodiscard]] EdgeView ViewOf(exec::Context* context, const EdgeRef& edge, bool properties);

}  // namespace gyre::graph::format
