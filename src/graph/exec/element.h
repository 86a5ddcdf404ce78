#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/exec/context.h"

namespace gyre::graph::exec {

/// Reads of elements. Each is false (or empty) for a value that is no such element, or is gone.
[[nodiscard]] bool IdOf(Context& context, const Value& element, Value& id);
[[nodiscard]] bool LabelOf(Context& context, const Value& element, std::string& label);
/// Whether one of the labels of the vertex, or the element's label, passes.
[[nodiscard]] bool LabelPasses(Context& context, const Value& element, const Predicate& predicate);
/// The first value under `key` of a vertex, an edge or a vertex property. `several`, where it is
/// not null: set to true where there are more.
[[nodiscard]] bool PropertyOf(Context& context, const Value& element, std::string_view key,
                              Value& value, bool* several = nullptr);
/// VertexProperty or Property values; of `keys`, or all where that is empty.
void PropertiesOf(Context& context, const Value& element, const std::vector<std::string>& keys,
                  Values& into);
/// Likewise the bare values.
void PropertyValuesOf(Context& context, const Value& element, const std::vector<std::string>& keys,
                      Values& into);

}  // namespace gyre::graph::exec
