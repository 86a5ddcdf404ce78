#pragma once

#include <optional>
#include <string_view>

#include "graph/value.h"

namespace gyre::graph::gremlin {

/// Whether scripts have options under this name: WithOptions, PageRank, IO…
[[nodiscard]] bool HasOptionNames(std::string_view name);
/// What WithOptions.tokens, PageRank.times and their like stand for; nullopt for no option's name.
[[nodiscard]] std::optional<Value> OptionName(std::string_view of, std::string_view name);

}  // namespace gyre::graph::gremlin
