#include "graph/plan/expression.h"

#include <algorithm>

namespace gyre::graph::plan {

bool SameExpression(const Expression& a, const Expression& b) {
    if (a.kind != b.kind || a.sub || b.sub) return false;
    const bool alike = a.slot == b.slot && a.item_slot == b.item_slot && a.name == b.name &&
                       a.names == b.names && a.operation == b.operation &&
                       SameValue(a.value, b.value);
    return alike && std::ranges::equal(a.children, b.children, [](const auto& x, const auto& y) {
               return x && y ? SameExpression(*x, *y) : x == y;
           });
}

bool ReadsSlot(const Expression& expression, size_t slot) {
    if (expression.sub || (expression.kind == Expression::Kind::kSlot && expression.slot == slot)) {
        return true;
    }
    return std::ranges::any_of(expression.children,
                               [&](const auto& child) { return child && ReadsSlot(*child, slot); });
}

const Expression* SlotOfId(const Expression& expression) {
    const bool id = expression.kind == Expression::Kind::kCall && expression.name == "id" &&
                    expression.children.size() == 1 &&
                    expression.children[0]->kind == Expression::Kind::kSlot;
    return id ? expression.children[0].get() : nullptr;
}

}  // namespace gyre::graph::plan
