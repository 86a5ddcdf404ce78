#pragma once

#include <cstddef>
#include <initializer_list>
#include <span>
#include <string_view>

#include "graph/plan/expression.h"

namespace gyre::graph::cypher::detail {

/// What is known of a function before the query runs. openCypher 9, "Functions"; Neptune's own.
struct Signature {
    std::string_view name;  ///< in small letters
    size_t least = 1;
    size_t most = 1;
    plan::Type result{};
    /// What its first argument may be; empty: anything.
    std::initializer_list<plan::Type> takes = {};
};

/// Null for an unknown name.
[[nodiscard]] const Signature* FindSignature(std::string_view name);
[[nodiscard]] std::span<const Signature> Signatures();

[[nodiscard]] bool IsAggregate(std::string_view name);

}  // namespace gyre::graph::cypher::detail
