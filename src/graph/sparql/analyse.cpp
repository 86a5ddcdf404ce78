// What a pattern's rows bind.
#include <algorithm>
#include <iterator>

#include "graph/sparql/detail/overloaded.h"
#include "graph/sparql/detail/parser.h"
#include "graph/sparql/source.h"

namespace gyre::graph::sparql {
namespace {

using detail::Overloaded;

SlotSet Joined(SlotSet a, const SlotSet& b) {
    a.insert(b.begin(), b.end());
    return a;
}

/// A column of a subselect is certain when its pattern binds it in each row, or groups by what
/// does.
bool CertainColumn(const Select& select, const SlotSet& certain, Slot column) {
    for (const Aggregate& aggregate : select.aggregates) {
        if (aggregate.into == column) return aggregate.kind == Aggregate::Kind::kCount;
    }
    return certain.contains(column);
}

}  // namespace

SlotSet Intersection(const SlotSet& a, const SlotSet& b) {
    SlotSet both;
    std::ranges::set_intersection(a, b, std::inserter(both, both.end()));
    return both;
}

SlotSet Possible(const Node& node) {
    SlotSet slots;
    detail::AddVisible(node, slots);
    return slots;
}

SlotSet Certain(const Node& node) {
    return std::visit(
        Overloaded{
            [&](const Bgp&) { return Possible(node); },
            [](const Join& join) { return Joined(Certain(*join.left), Certain(*join.right)); },
            [](const LeftJoin& join) { return Certain(*join.left); },
            [](const Union& all) {
                SlotSet certain = Certain(*all.branches.front());
                for (const NodePtr& branch : all.branches) {
                    certain = Intersection(certain, Certain(*branch));
                }
                return certain;
            },
            [](const Minus& minus) { return Certain(*minus.left); },
            [](const Filter& filter) { return Certain(*filter.of); },
            [](const Extend& extend) { return Certain(*extend.of); },
            [](const InGraph& graph) {
                SlotSet certain = Certain(*graph.of);
                if (graph.graph.IsVariable()) certain.insert(graph.graph.number);
                return certain;
            },
            [](const Values& values) {
                SlotSet certain;
                for (size_t i = 0; i < values.slots.size(); ++i) {
                    const bool all = std::ranges::all_of(
                        values.rows, [&](const auto& row) { return row[i].has_value(); });
                    if (all) certain.insert(values.slots[i]);
                }
                return certain;
            },
            [](const SubSelect& sub) {
                SlotSet certain;
                const SlotSet inner = Certain(*sub.select->where);
                for (size_t i = 0; i < sub.into.size(); ++i) {
                    if (CertainColumn(*sub.select, inner, sub.select->columns[i])) {
                        certain.insert(sub.into[i]);
                    }
                }
                return certain;
            },
            [](const Service& service) {  // another server may leave anything unbound
                return service.where.IsVariable() ? SlotSet{service.where.number} : SlotSet();
            }},
        node.is);
}

void AddVariables(const Expression& expression, SlotSet& slots) {
    if (expression.kind == Expression::Kind::kVariable) slots.insert(expression.slot);
    for (const ExpressionPtr& one : expression.of) AddVariables(*one, slots);
}

bool HasExists(const Expression& expression) {
    return expression.pattern != nullptr ||
           std::ranges::any_of(expression.of,
                               [](const ExpressionPtr& one) { return HasExists(*one); });
}

}  // namespace gyre::graph::sparql
