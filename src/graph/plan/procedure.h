#pragma once

#include <string>
#include <vector>

#include "graph/plan/expression.h"

namespace gyre::graph::plan {

/// What openCypher's CALL calls: a table, of whose rows those are given whose first columns are the
/// arguments. Immutable once made.
struct Procedure {
    enum class Source : uint8_t { kRows, kLabels, kRelationshipTypes } source{};
    struct Field {
        std::string name;
        std::vector<Type> types;  ///< one of them, or null; none: anything
    };
    std::string name;
    std::vector<Field> takes, gives;
    std::vector<Values> rows;  ///< a value for each field of both
};

}  // namespace gyre::graph::plan
