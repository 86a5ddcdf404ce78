// Groups of graph patterns, as algebra ("SPARQL 1.1 Query Language", 18.2.2).
#include <algorithm>

#include "graph/sparql/detail/overloaded.h"
#include "graph/sparql/detail/parser.h"

namespace gyre::graph::sparql::detail {
namespace {

void AddVariable(const PatternTerm& term, std::set<Slot>& slots) {
    if (term.IsVariable()) slots.insert(term.number);
}

}  // namespace

void AddVisible(const Node& node, std::set<Slot>& slots) {
    std::visit(
        Overloaded{
            [&](const Bgp& bgp) {
                for (const TriplePattern& triple : bgp.triples) {
                    AddVariable(triple.subject, slots);
                    AddVariable(triple.predicate, slots);
                    AddVariable(triple.object, slots);
                }
                for (const PathPattern& path : bgp.paths) {
                    AddVariable(path.subject, slots);
                    AddVariable(path.object, slots);
                }
            },
            [&](const Join& join) {
                AddVisible(*join.left, slots);
                AddVisible(*join.right, slots);
            },
            [&](const LeftJoin& join) {
                AddVisible(*join.left, slots);
                AddVisible(*join.right, slots);
            },
            [&](const Union& all) {
                for (const NodePtr& branch : all.branches) AddVisible(*branch, slots);
            },
            [&](const Minus& minus) { AddVisible(*minus.left, slots); },
            [&](const Filter& filter) { AddVisible(*filter.of, slots); },
            [&](const Extend& extend) {
                AddVisible(*extend.of, slots);
                for (const auto& [slot, value] : extend.values) slots.insert(slot);
            },
            [&](const InGraph& graph) {
                AddVariable(graph.graph, slots);
                AddVisible(*graph.of, slots);
            },
            [&](const Values& values) { slots.insert(values.slots.begin(), values.slots.end()); },
            [&](const SubSelect& sub) { slots.insert(sub.into.begin(), sub.into.end()); },
            [&](const Service& service) {
                AddVariable(service.where, slots);
                slots.insert(service.columns.begin(), service.columns.end());
            }},
        node.is);
}

bool IsEmpty(const Node& node) {
    const auto* bgp = std::get_if<Bgp>(&node.is);
    return bgp != nullptr && bgp->triples.empty() && bgp->paths.empty();
}

NodePtr Joined(NodePtr left, NodePtr right) {
    if (IsEmpty(*left)) return right;
    if (IsEmpty(*right)) return left;
    return MakeNode(Join{std::move(left), std::move(right)});
}

core::Result<NodePtr> Parser::GroupGraphPattern() {
    GYRE_TRY(Enter());
    GYRE_TRY(NeedSign("{"));
    const size_t outer = bgp_;
    bgp_ = ++bgps_;
    NodePtr group;
    if (IsWord("SELECT")) {
        GYRE_ASSIGN(group, SubSelectPattern());
        group_has_filter_ = false;
    } else {
        GYRE_ASSIGN(group, GroupBody());
    }
    GYRE_TRY(NeedSign("}"));
    // What follows in the group around belongs to another pattern, too.
    bgp_ = outer;
    Leave();
    return group;
}

// Filters count for the whole group, wherever they stand in it.
core::Result<NodePtr> Parser::GroupBody() {
    NodePtr group = EmptyPattern();
    std::vector<ExpressionPtr> conditions;
    while (!IsSign("}")) {
        if (BeginsTriples()) {
            Bgp bgp;
            // A filter does not end a basic graph pattern; its triples may go on after it.
            while (true) {
                GYRE_TRY(TriplesBlock({bgp.triples, &bgp.paths}));
                if (!IsWord("FILTER")) break;
                ++next_;
                GYRE_ASSIGN(auto condition, Constraint());
                conditions.push_back(std::move(condition));
                if (IsSign(".")) ++next_;
                if (!BeginsTriples()) break;
            }
            group = Joined(std::move(group), MakeNode(std::move(bgp)));
            continue;
        }
        if (TakeWord("FILTER")) {
            GYRE_ASSIGN(auto condition, Constraint());
            conditions.push_back(std::move(condition));
        } else {
            GYRE_ASSIGN(group, NotTriples(std::move(group)));
            bgp_ = ++bgps_;
        }
        if (IsSign(".")) ++next_;
    }
    group_has_filter_ = !conditions.empty();
    if (conditions.empty()) return group;
    return MakeNode(Filter{std::move(group), std::move(conditions)});
}

core::Result<NodePtr> Parser::NotTriples(NodePtr group) {
    GYRE_TRY(Chain());
    if (TakeWord("OPTIONAL")) {
        GYRE_ASSIGN(NodePtr right, GroupGraphPattern());
        LeftJoin join{std::move(group), std::move(right), {}};
        // A filter of the optional group itself is the condition of the join.
        if (group_has_filter_) {
            auto* filter = std::get_if<Filter>(&join.right->is);
            join.conditions = std::move(filter->conditions);
            NodePtr inner = std::move(filter->of);
            join.right = std::move(inner);
        }
        return MakeNode(std::move(join));
    }
    if (TakeWord("MINUS")) {
        GYRE_ASSIGN(NodePtr right, GroupGraphPattern());
        return MakeNode(Minus{std::move(group), std::move(right)});
    }
    if (TakeWord("BIND")) return Bind(std::move(group));
    if (IsSign("{")) {
        GYRE_ASSIGN(NodePtr right, UnionPattern());
        return Joined(std::move(group), std::move(right));
    }
    if (TakeWord("GRAPH")) {
        GYRE_ASSIGN(NodePtr right, GraphPattern());
        return Joined(std::move(group), std::move(right));
    }
    if (TakeWord("SERVICE")) {
        GYRE_ASSIGN(NodePtr right, ServicePattern());
        return Joined(std::move(group), std::move(right));
    }
    if (TakeWord("VALUES")) {
        GYRE_ASSIGN(NodePtr right, DataBlock());
        return Joined(std::move(group), std::move(right));
    }
    return Expected(
        "a triple, FILTER, OPTIONAL, UNION, MINUS, GRAPH, BIND, VALUES, SERVICE or '}'");
}

core::Result<NodePtr> Parser::UnionPattern() {
    Union all;
    do {
        GYRE_ASSIGN(NodePtr branch, GroupGraphPattern());
        all.branches.push_back(std::move(branch));
    } while (TakeWord("UNION"));
    if (all.branches.size() == 1) return std::move(all.branches.front());
    return MakeNode(std::move(all));
}

core::Result<NodePtr> Parser::GraphPattern() {
    GYRE_ASSIGN(PatternTerm graph, VarOrIri());
    GYRE_ASSIGN(NodePtr of, GroupGraphPattern());
    return MakeNode(InGraph{std::move(graph), std::move(of)});
}

core::Result<NodePtr> Parser::ServicePattern() {
    Service service;
    service.silent = TakeWord("SILENT");
    GYRE_ASSIGN(service.where, VarOrIri());
    const size_t begin = Now().at;
    GYRE_ASSIGN(const NodePtr pattern, GroupGraphPattern());
    service.text = text_.substr(begin, tokens_[next_ - 1].end - begin);
    if (!base_.empty()) service.prologue = "BASE <" + base_ + ">\n";
    for (const auto& [prefix, iri] : prefixes_) {
        service.prologue += "PREFIX " + prefix + ": <" + iri + ">\n";
    }
    std::set<Slot> visible;
    AddVisible(*pattern, visible);
    for (const Slot slot : visible) {
        if (!scope_->names[slot].empty()) service.columns.push_back(slot);
    }
    return MakeNode(std::move(service));
}

core::Result<NodePtr> Parser::Bind(NodePtr group) {
    GYRE_TRY(NeedSign("("));
    GYRE_ASSIGN(ExpressionPtr value, Expr());
    GYRE_TRY(NeedWord("AS"));
    const size_t at = Now().at;
    GYRE_ASSIGN(const Slot slot, NeedSlot());
    std::set<Slot> visible;
    AddVisible(*group, visible);
    if (visible.contains(slot)) {
        return Wrong(at, "?" + scope_->names[slot] + " has a value in this group already");
    }
    GYRE_TRY(NeedSign(")"));
    Extend extend{std::move(group), {}};
    extend.values.emplace_back(slot, std::move(value));
    return MakeNode(std::move(extend));
}

core::Result<NodePtr> Parser::DataBlock() {
    Values values;
    const bool many = !Is(Lexeme::kVariable);
    if (!many) {
        GYRE_ASSIGN(const Slot slot, NeedSlot());
        values.slots.push_back(slot);
    } else {
        GYRE_TRY(NeedSign("("));
        while (!TakeSign(")")) {
            const size_t at = Now().at;
            GYRE_ASSIGN(const Slot slot, NeedSlot());
            if (std::ranges::find(values.slots, slot) != values.slots.end()) {
                return Wrong(at, "?" + scope_->names[slot] + " stands here twice");
            }
            values.slots.push_back(slot);
        }
    }
    GYRE_TRY(NeedSign("{"));
    while (!TakeSign("}")) {
        std::vector<std::optional<Term>> row;
        const size_t at = Now().at;
        if (!many) {
            GYRE_ASSIGN(auto value, DataValue());
            row.push_back(std::move(value));
        } else {
            GYRE_TRY(NeedSign("("));
            while (!TakeSign(")")) {
                GYRE_ASSIGN(auto value, DataValue());
                row.push_back(std::move(value));
            }
        }
        if (row.size() != values.slots.size()) {
            return Wrong(at, "expected " + std::to_string(values.slots.size()) + " values, found " +
                                 std::to_string(row.size()));
        }
        values.rows.push_back(std::move(row));
    }
    return MakeNode(std::move(values));
}

core::Result<std::optional<Term>> Parser::DataValue() {
    if (TakeWord("UNDEF")) return std::optional<Term>();
    if (IsIri()) {
        GYRE_ASSIGN(const std::string iri, NeedIri());
        return std::optional(rdf::Iri(iri));
    }
    if (!IsLiteral()) return Expected("an IRI, a literal or UNDEF");
    GYRE_ASSIGN(Term literal, NeedLiteral());
    return std::optional(std::move(literal));
}

}  // namespace gyre::graph::sparql::detail
