#include <optional>
#include <utility>

#include "graph/cypher/detail/parser.h"
#include "graph/cypher/parse.h"

namespace gyre::graph::cypher {
namespace detail {
namespace {

using core::Status;
using plan::Operation;
using plan::RowStep;
using Kind = plan::Expression::Kind;

/// Calls `use` for each part of a conjunction.
template <typename Use>
void ForConjuncts(const plan::ExpressionPtr& expression, const Use& use) {
    if (expression->kind == Kind::kOperation && expression->operation == Operation::kAnd) {
        for (const auto& child : expression->children) ForConjuncts(child, use);
        return;
    }
    use(*expression);
}

/// The slot of x in id(x), or nullopt.
std::optional<size_t> IdOfSlot(const plan::Expression& expression) {
    const bool id = expression.kind == Kind::kCall && expression.name == "id" &&
                    expression.children.size() == 1 && expression.children[0]->kind == Kind::kSlot;
    if (!id) return std::nullopt;
    return expression.children[0]->slot;
}

}  // namespace

core::Result<plan::RowQuery> Parser::Query() {
    bool returned = false;
    bool any = false;
    while (Now().kind != Lexeme::kEnd) {
        if (TakeSign(";") && Now().kind == Lexeme::kEnd) break;
        if (returned) {
            if (IsWord("UNION")) return Unimplemented("UNION");
            return Expected("the end of the query after RETURN");
        }
        any = true;
        if (TakeWord("MATCH")) {
            GYRE_TRY(Match(false));
        } else if (IsWord("OPTIONAL")) {
            ++next_;
            GYRE_TRY(NeedWord("MATCH"));
            GYRE_TRY(Match(true));
        } else if (TakeWord("UNWIND")) {
            GYRE_TRY(Unwind());
        } else if (TakeWord("WITH")) {
            GYRE_TRY(Project(false));
        } else if (TakeWord("RETURN")) {
            GYRE_TRY(Project(true));
            returned = true;
        } else if (TakeWord("CREATE")) {
            GYRE_TRY(Create());
        } else if (TakeWord("MERGE")) {
            GYRE_TRY(Merge());
        } else if (TakeWord("SET")) {
            RowStep step;
            step.kind = RowStep::Kind::kSet;
            GYRE_ASSIGN(step.sets, SetItems());
            query_plan_.writes = true;
            query_plan_.steps.push_back(std::move(step));
        } else if (TakeWord("REMOVE")) {
            GYRE_TRY(Remove());
        } else if (IsWord("DELETE") || IsWord("DETACH")) {
            const bool detach = TakeWord("DETACH");
            GYRE_TRY(NeedWord("DELETE"));
            GYRE_TRY(Delete(detach));
        } else if (IsWord("CALL") || IsWord("FOREACH") || IsWord("LOAD") || IsWord("EXPLAIN")) {
            return Unimplemented(Now().text);
        } else {
            return Expected("a clause, such as MATCH or RETURN");
        }
    }
    if (!any) return Expected("a clause, such as MATCH or RETURN");
    if (!returned && !query_plan_.writes) return Expected("RETURN");
    return std::move(query_plan_);
}

Status Parser::Match(bool optional) {
    RowStep step;
    step.kind = RowStep::Kind::kMatch;
    step.optional = optional;
    GYRE_ASSIGN(step.patterns, Patterns());
    if (TakeWord("WHERE")) {
        GYRE_ASSIGN(step.where, Expression());
        FindIds(step);
    }
    query_plan_.steps.push_back(std::move(step));
    return {};
}

// WHERE id(n) = 'x': the node is looked up, and the condition tested like any other.
void Parser::FindIds(RowStep& step) const {
    ForConjuncts(step.where, [&](const plan::Expression& one) {
        if (one.kind != Kind::kOperation || one.operation != Operation::kEqual) return;
        for (const size_t side : {0U, 1U}) {
            const auto slot = IdOfSlot(*one.children[side]);
            const auto& other = one.children[1 - side];
            if (!slot || other->kind != Kind::kLiteral) continue;
            for (auto& path : step.patterns) {
                for (auto& node : path.nodes) {
                    if (node.slot == *slot && !node.bound) node.id = other;
                }
            }
        }
    });
}

Status Parser::Unwind() {
    RowStep step;
    step.kind = RowStep::Kind::kUnwind;
    GYRE_ASSIGN(step.expression, Expression());
    GYRE_TRY(NeedWord("AS"));
    GYRE_ASSIGN(const std::string name, Name("a variable"));
    step.slot = NewSlot();
    scope_[name] = step.slot;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

core::Result<plan::RowItem> Parser::Item(RowStep& step) {
    plan::RowItem item;
    const uint32_t begin = Now().at;
    const size_t before = step.aggregates.size();
    aggregates_ = &step.aggregates;
    auto expression = Expression();
    aggregates_ = nullptr;
    if (!expression) return core::Fail(expression.error());
    item.expression = std::move(*expression);
    item.aggregates = step.aggregates.size() > before;
    std::string_view written = query_.substr(begin, Now().at - begin);
    while (written.ends_with(' ') || written.ends_with('\n') || written.ends_with('\t')) {
        written.remove_suffix(1);
    }
    item.name = std::string(written);
    if (TakeWord("AS")) {
        GYRE_ASSIGN(item.name, Name("a name"));
    }
    item.slot = NewSlot();
    return item;
}

Status Parser::Project(bool last) {
    RowStep step;
    step.kind = RowStep::Kind::kProject;
    step.distinct = TakeWord("DISTINCT");
    auto scope = scope_;
    if (TakeSign("*")) {
        for (const auto& [name, slot] : scope_) {
            plan::RowItem item;
            item.name = name;
            item.slot = slot;
            item.expression = Slot(slot);
            step.items.push_back(std::move(item));
        }
        if (IsSign(",")) return Unimplemented("'*' beside other items");
    } else {
        scope.clear();
        do {
            const uint32_t at = Now().at;
            GYRE_ASSIGN(plan::RowItem item, Item(step));
            const bool named = pieces_[next_ - 1].text == item.name;
            if (!last && !named) return Wrong(at, "expected AS and a name: WITH carries names on");
            scope[item.name] = item.slot;
            step.items.push_back(std::move(item));
        } while (TakeSign(","));
    }
    // ORDER BY sees both what is projected and, without aggregates, what was there before.
    const auto after = scope;
    if (step.aggregates.empty() && !step.distinct) {
        for (const auto& [name, slot] : scope_) scope.emplace(name, slot);
    }
    scope_ = scope;
    GYRE_TRY(OrderAndCut(step));
    scope_ = after;
    if (!last && TakeWord("WHERE")) {
        GYRE_ASSIGN(step.where, Expression());
    }
    if (last) query_plan_.columns = step.items;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

Status Parser::OrderAndCut(RowStep& step) {
    if (TakeWord("ORDER")) {
        GYRE_TRY(NeedWord("BY"));
        do {
            plan::SortItem sort;
            GYRE_ASSIGN(sort.expression, Expression());
            sort.descending = TakeWord("DESC") || TakeWord("DESCENDING");
            if (!sort.descending && !TakeWord("ASC")) TakeWord("ASCENDING");
            step.order.push_back(std::move(sort));
        } while (TakeSign(","));
    }
    if (TakeWord("SKIP")) {
        GYRE_ASSIGN(step.skip, Expression());
    }
    if (TakeWord("LIMIT")) {
        GYRE_ASSIGN(step.limit, Expression());
    }
    return {};
}

Status Parser::Create() {
    RowStep step;
    step.kind = RowStep::Kind::kCreate;
    const uint32_t at = Now().at;
    GYRE_ASSIGN(step.patterns, Patterns());
    for (const auto& path : step.patterns) {
        for (const auto& hop : path.hops) {
            if (hop.types.size() != 1 || hop.many || hop.side == Direction::kBoth || hop.bound) {
                return Wrong(at, "CREATE needs new relationships of one type and one direction");
            }
        }
    }
    query_plan_.writes = true;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

Status Parser::Merge() {
    RowStep step;
    step.kind = RowStep::Kind::kMerge;
    const uint32_t at = Now().at;
    GYRE_ASSIGN(plan::PathPattern path, Path());
    for (const auto& hop : path.hops) {
        if (hop.types.size() != 1 || hop.many || hop.bound) {
            return Wrong(at, "MERGE needs relationships of one type");
        }
    }
    step.patterns.push_back(std::move(path));
    while (TakeWord("ON")) {
        const bool create = TakeWord("CREATE");
        if (!create) GYRE_TRY(NeedWord("MATCH"));
        GYRE_TRY(NeedWord("SET"));
        GYRE_ASSIGN(auto sets, SetItems());
        auto& into = create ? step.on_create : step.on_match;
        into.insert(into.end(), sets.begin(), sets.end());
    }
    query_plan_.writes = true;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

core::Result<std::vector<plan::SetItem>> Parser::SetItems() {
    std::vector<plan::SetItem> items;
    do {
        plan::SetItem item;
        const uint32_t at = Now().at;
        GYRE_ASSIGN(const std::string name, Name("a variable"));
        const auto found = scope_.find(name);
        if (found == scope_.end()) return Wrong(at, "the variable '" + name + "' is not defined");
        item.slot = found->second;
        if (TakeSign(".")) {
            item.kind = plan::SetItem::Kind::kProperty;
            GYRE_ASSIGN(item.key, Name("the name of a property"));
            GYRE_TRY(NeedSign("="));
            GYRE_ASSIGN(item.value, Expression());
        } else if (IsSign(":")) {
            item.kind = plan::SetItem::Kind::kLabels;
            while (TakeSign(":")) {
                GYRE_ASSIGN(std::string label, Name("a label"));
                item.labels.push_back(std::move(label));
            }
        } else {
            item.kind = IsSign("+=") ? plan::SetItem::Kind::kMerge : plan::SetItem::Kind::kReplace;
            if (!TakeSign("+=")) GYRE_TRY(NeedSign("="));
            GYRE_ASSIGN(item.value, Expression());
        }
        items.push_back(std::move(item));
    } while (TakeSign(","));
    return items;
}

Status Parser::Remove() {
    RowStep step;
    step.kind = RowStep::Kind::kSet;
    do {
        plan::SetItem item;
        item.kind = plan::SetItem::Kind::kRemoveProperty;
        const uint32_t at = Now().at;
        GYRE_ASSIGN(const std::string name, Name("a variable"));
        const auto found = scope_.find(name);
        if (found == scope_.end()) return Wrong(at, "the variable '" + name + "' is not defined");
        item.slot = found->second;
        if (IsSign(":")) return Unimplemented("REMOVE of labels");
        GYRE_TRY(NeedSign("."));
        GYRE_ASSIGN(item.key, Name("the name of a property"));
        step.sets.push_back(std::move(item));
    } while (TakeSign(","));
    query_plan_.writes = true;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

Status Parser::Delete(bool detach) {
    RowStep step;
    step.kind = RowStep::Kind::kDelete;
    step.detach = detach;
    do {
        GYRE_ASSIGN(Expr expression, Expression());
        step.deleted.push_back(std::move(expression));
    } while (TakeSign(","));
    query_plan_.writes = true;
    query_plan_.removes = true;
    query_plan_.steps.push_back(std::move(step));
    return {};
}

}  // namespace detail

core::Result<plan::RowQuery> Parse(std::string_view query, const Map& parameters) {
    GYRE_ASSIGN(auto pieces, detail::Cut(query));
    return detail::Parser(query, std::move(pieces), parameters).Query();
}

}  // namespace gyre::graph::cypher
