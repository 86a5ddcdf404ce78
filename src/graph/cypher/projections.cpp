#include <optional>
#include <utility>

#include "graph/cypher/detail/parser.h"
#include "graph/number.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Status;
using plan::RowItem;
using plan::RowPart;
using plan::RowStep;
using plan::Type;
using Kind = plan::Expression::Kind;

/// What names an item may go by in an expression beside an aggregation: x and x.key.
bool IsSimple(const plan::Expression& expression) {
    return expression.kind == Kind::kSlot ||
           (expression.kind == Kind::kProperty && IsSimple(*expression.children[0]));
}

const RowItem* ItemLike(const RowStep& step, const plan::Expression& expression) {
    for (const RowItem& item : step.items) {
        if (plan::SameExpression(*item.expression, expression)) return &item;
    }
    return nullptr;
}

bool IsAggregateSlot(const RowStep& step, size_t slot) {
    return std::ranges::any_of(step.aggregates,
                               [&](const auto& call) { return call.slot == slot; });
}

bool HasAggregate(const RowStep& step, const plan::Expression& expression) {
    if (expression.kind == Kind::kSlot) return IsAggregateSlot(step, expression.slot);
    return std::ranges::any_of(expression.children, [&](const auto& child) {
        return child && HasAggregate(step, *child);
    });
}

bool InScope(const Scope& scope, size_t slot) {
    return std::ranges::any_of(scope, [&](const auto& one) { return one.second.slot == slot; });
}

bool IsPart(const plan::Expression& whole, const plan::Expression& part) {
    return plan::SameExpression(whole, part) ||
           std::ranges::any_of(whole.children,
                               [&](const auto& child) { return child && IsPart(*child, part); });
}

/// Whether it reads a variable of `all` that is not among `some`.
bool ReadsBeyond(const plan::Expression& expression, const Scope& all, const Scope& some) {
    if (expression.kind == Kind::kSlot) {
        return InScope(all, expression.slot) && !InScope(some, expression.slot);
    }
    return std::ranges::any_of(expression.children, [&](const auto& child) {
        return child && ReadsBeyond(*child, all, some);
    });
}

}  // namespace

core::Result<RowItem> Parser::Item(RowStep& step, bool& named) {
    RowItem item;
    const uint32_t begin = Now().at;
    aggregates_ = &step.aggregates;
    auto expression = Expression();
    aggregates_ = nullptr;
    if (!expression) return core::Fail(expression.error());
    item.expression = std::move(*expression);
    item.aggregates = HasAggregate(step, *item.expression);
    std::string_view written = query_.substr(begin, Now().at - begin);
    while (!written.empty() &&
           std::string_view(" \t\r\n").find(written.back()) != std::string::npos) {
        written.remove_suffix(1);
    }
    item.name = std::string(written);
    const bool variable = item.expression->kind == Kind::kSlot && !item.aggregates;
    if (variable) item.name = pieces_[next_ - 1].text;  // without the marks of a quoted one
    named = variable || IsWord("AS");
    if (TakeWord("AS")) {
        GYRE_ASSIGN(item.name, Name("a name"));
    }
    item.slot = NewSlot();
    return item;
}

Status Parser::AllItems(RowStep& step, uint32_t at, bool last, Scope& scope) {
    if (scope_.empty() && last) {
        return Wrong(at, "NoVariablesInScope", "there is no variable for '*' to stand for");
    }
    for (const auto& [name, variable] : scope_) {
        RowItem item;
        item.name = name;
        item.slot = variable.slot;
        item.expression = SlotOf(variable.slot, variable.type);
        step.items.push_back(std::move(item));
    }
    scope = scope_;
    return {};
}

Status Parser::Project(RowPart& part, bool last) {
    RowStep step;
    step.kind = RowStep::Kind::kProject;
    step.distinct = TakeWord("DISTINCT");
    Scope scope;
    std::optional<uint32_t> unnamed;  // told only when nothing else is wrong
    const uint32_t first = Now().at;
    const bool all = TakeSign("*");
    if (all) GYRE_TRY(AllItems(step, first, last, scope));
    if (!all || TakeSign(",")) {
        do {
            const uint32_t at = Now().at;
            bool named = false;
            GYRE_ASSIGN(RowItem item, Item(step, named));
            if (!last && !named && !unnamed) unnamed = at;
            for (const RowItem& other : step.items) {
                if (other.name != item.name) continue;
                return Wrong(at, "ColumnNameConflict", "two columns are named " + item.name);
            }
            const bool many =
                item.expression->kind == Kind::kSlot &&
                std::ranges::any_of(scope_, [&](const auto& one) {
                    return one.second.slot == item.expression->slot && one.second.many;
                });
            scope[item.name] = {item.slot, item.expression->type, many};
            step.items.push_back(std::move(item));
        } while (TakeSign(","));
    }
    for (const RowItem& item : step.items) {
        if (item.aggregates) GYRE_TRY(CheckGrouping(step, item.expression));
    }
    // ORDER BY and WHERE see what is projected and what was there before; where rows are grouped,
    // that only in the form in which it is projected.
    const Scope before = std::exchange(scope_, scope);
    for (const auto& [name, variable] : before) scope_.emplace(name, variable);
    const size_t gathered = step.aggregates.size();
    GYRE_TRY(OrderAndCut(step));
    GYRE_TRY(CheckGathered(step, gathered, scope));
    for (const plan::SortItem& sort : step.order) {
        if (HasAggregate(step, *sort.expression)) {
            GYRE_TRY(CheckSorted(step, sort.expression, scope));
        }
    }
    if (unnamed) {
        return Wrong(*unnamed, "NoExpressionAlias",
                     "expected AS and a name: WITH carries names on");
    }
    const bool grouped = !step.aggregates.empty() || step.distinct;
    if (!last && TakeWord("WHERE")) {
        GYRE_ASSIGN(step.where, Condition());
        if (grouped) {
            GYRE_ASSIGN(step.where, OverItems(step, step.where, scope));
        }
    }
    if (grouped) {
        for (plan::SortItem& sort : step.order) {
            GYRE_ASSIGN(sort.expression, OverItems(step, sort.expression, scope));
        }
    }
    scope_ = scope;
    if (last) part.columns = step.items;
    part.steps.push_back(std::move(step));
    return {};
}

// Beside an aggregation stand only constants and what rows are grouped by.
Status Parser::CheckGrouping(const RowStep& step, const Expr& expression) const {
    if (!expression) return {};
    if (IsSimple(*expression)) {
        const plan::Expression* root = expression.get();
        while (root->kind == Kind::kProperty) root = root->children[0].get();
        if (IsAggregateSlot(step, root->slot) || !InScope(scope_, root->slot)) return {};
        for (const plan::Expression* one = expression.get();; one = one->children[0].get()) {
            if (ItemLike(step, *one) != nullptr) return {};
            if (one->kind == Kind::kSlot) break;
        }
        return Wrong(expression->at, "AmbiguousAggregationExpression",
                     "beside an aggregation stand only constants and variables or properties that "
                     "are columns of their own");
    }
    for (const auto& child : expression->children) GYRE_TRY(CheckGrouping(step, child));
    return {};
}

// The expression with each part that is an item replaced by that item's slot.
core::Result<plan::ExpressionPtr> Parser::OverItems(const RowStep& step, const Expr& expression,
                                                    const Scope& scope) const {
    if (!expression) return expression;
    if (const RowItem* item = ItemLike(step, *expression)) {
        return SlotOf(item->slot, item->expression->type);
    }
    if (expression->kind == Kind::kSlot) {
        const bool gone = InScope(scope_, expression->slot) && !InScope(scope, expression->slot) &&
                          !IsAggregateSlot(step, expression->slot);
        if (!gone) return expression;
        return Wrong(expression->at, "UndefinedVariable",
                     "after DISTINCT or an aggregation, only columns can be ordered by");
    }
    auto copy = std::make_shared<plan::Expression>(*expression);
    for (Expr& child : copy->children) {
        GYRE_ASSIGN(child, OverItems(step, child, scope));
    }
    return copy;
}

// An aggregation that only ORDER BY has sees what is projected.
Status Parser::CheckGathered(const RowStep& step, size_t first, const Scope& scope) const {
    for (size_t i = first; i < step.aggregates.size(); ++i) {
        const Expr& argument = step.aggregates[i].argument;
        if (!argument || !ReadsBeyond(*argument, scope_, scope)) continue;
        return Wrong(argument->at, "UndefinedVariable",
                     "an aggregation that is ordered by is a column, or of columns");
    }
    return {};
}

// Beside an aggregation in ORDER BY stand only constants and columns, by name or as they are
// written where that is a variable or a property.
Status Parser::CheckSorted(const RowStep& step, const Expr& expression, const Scope& scope) const {
    if (!expression) return {};
    if (!IsSimple(*expression)) {
        for (const auto& child : expression->children) GYRE_TRY(CheckSorted(step, child, scope));
        return {};
    }
    const plan::Expression* root = expression.get();
    while (root->kind == Kind::kProperty) root = root->children[0].get();
    if (IsAggregateSlot(step, root->slot) || !InScope(scope_, root->slot) ||
        InScope(scope, root->slot)) {
        return {};
    }
    for (const plan::Expression* one = expression.get();; one = one->children[0].get()) {
        if (ItemLike(step, *one) != nullptr) return {};
        if (one->kind == Kind::kSlot) break;
    }
    const bool inside = std::ranges::any_of(step.items, [&](const RowItem& item) {
        return !item.aggregates && IsPart(*item.expression, *expression);
    });
    return Wrong(expression->at, inside ? "AmbiguousAggregationExpression" : "UndefinedVariable",
                 "beside an aggregation that is ordered by stand only columns");
}

Status Parser::OrderAndCut(RowStep& step) {
    const bool aggregates = !step.aggregates.empty();
    if (TakeWord("ORDER")) {
        GYRE_TRY(NeedWord("BY"));
        do {
            plan::SortItem sort;
            aggregates_ = aggregates ? &step.aggregates : nullptr;
            auto expression = Expression();
            aggregates_ = nullptr;
            if (!expression) return core::Fail(expression.error());
            sort.expression = std::move(*expression);
            sort.descending = TakeWord("DESC") || TakeWord("DESCENDING");
            if (!sort.descending && !TakeWord("ASC")) TakeWord("ASCENDING");
            step.order.push_back(std::move(sort));
        } while (TakeSign(","));
    }
    for (const auto& [word, place] :
         {std::pair{"SKIP", &step.skip}, std::pair{"LIMIT", &step.limit}}) {
        if (!TakeWord(word)) continue;
        const uint32_t at = Now().at;
        GYRE_ASSIGN(*place, Expression());
        GYRE_TRY(CheckCut(*place, at, word));
    }
    return {};
}

Status Parser::CheckCut(const Expr& expression, uint32_t at, const std::string& word) const {
    if (!IsConstant(*expression)) {
        return Wrong(at, "NonConstantExpression", word + " does not read variables");
    }
    if (expression->kind != Kind::kLiteral) return {};
    if (expression->type != Type::kInteger) {
        return Wrong(at, "InvalidArgumentType", word + " takes an Integer");
    }
    if (ToInt64(expression->value) < 0) {
        return Wrong(at, "NegativeIntegerArgument", word + " takes no negative number");
    }
    return {};
}

}  // namespace gyre::graph::cypher::detail
