#pragma once

#include <array>
#include <vector>

#include "graph/storage/row.h"

namespace gyre::graph::exec {

/// A side of a triangle, from one of its corners to the next: 0 to 1, 1 to 2, 2 to 0.
struct TriangleSide {
    Direction direction{};
    NameId type = 0;
    [[nodiscard]] TriangleSide Turned() const {
        const Direction turned = direction == Direction::kOut  ? Direction::kIn
                                 : direction == Direction::kIn ? Direction::kOut
                                                               : Direction::kBoth;
        return {turned, type};
    }
};
struct Triangle {
    std::array<std::vector<NameId>, 3> labels;  ///< of the corners
    std::array<TriangleSide, 3> sides;
    bool unknown = false;  ///< no vertex has a label, or no edge the type
};

}  // namespace gyre::graph::exec
