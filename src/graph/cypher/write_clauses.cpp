#include <algorithm>
#include <iterator>
#include <utility>

#include "graph/cypher/detail/parser.h"

namespace gyre::graph::cypher::detail {
namespace {

using core::Status;
using plan::RowPart;
using plan::RowStep;
using plan::SetItem;
using plan::Type;
using Kind = plan::Expression::Kind;

/// Whether it looks at more of the graph than at the elements that its row has.
bool LooksAround(const plan::ExpressionPtr& expression) {
    return expression &&
           (expression->sub || std::ranges::any_of(expression->children, LooksAround));
}

bool LooksAround(const plan::PathPattern& path) {
    const auto of = [](const auto& part) {
        const auto one = [](const auto& pair) { return LooksAround(pair.second); };
        return LooksAround(part.properties.map) || std::ranges::any_of(part.properties.pairs, one);
    };
    return std::ranges::any_of(path.nodes, of) || std::ranges::any_of(path.hops, of);
}

}  // namespace

// One clause right after another is as one with the patterns of both, row by row, as long as it
// does not look at what the other has made for other rows. So hundreds of them are no deep stack.
Status Parser::Create(RowPart& part) {
    GYRE_ASSIGN(auto patterns, Patterns(Use::kCreate));
    writes_ = true;
    const bool joins =
        !part.steps.empty() && part.steps.back().kind == RowStep::Kind::kCreate &&
        std::ranges::none_of(patterns, [](const auto& path) { return LooksAround(path); });
    if (!joins) {
        RowStep step;
        step.kind = RowStep::Kind::kCreate;
        part.steps.push_back(std::move(step));
    }
    auto& into = part.steps.back().patterns;
    into.insert(into.end(), std::make_move_iterator(patterns.begin()),
                std::make_move_iterator(patterns.end()));
    return {};
}

Status Parser::Merge(RowPart& part) {
    RowStep step;
    step.kind = RowStep::Kind::kMerge;
    fresh_.clear();
    GYRE_ASSIGN(plan::PathPattern path, Path(Use::kMerge));
    step.patterns.push_back(std::move(path));
    while (TakeWord("ON")) {
        const bool create = TakeWord("CREATE");
        if (!create) GYRE_TRY(NeedWord("MATCH"));
        GYRE_TRY(NeedWord("SET"));
        GYRE_ASSIGN(auto sets, SetItems());
        auto& into = create ? step.on_create : step.on_match;
        into.insert(into.end(), sets.begin(), sets.end());
    }
    writes_ = true;
    part.steps.push_back(std::move(step));
    return {};
}

Status Parser::Set(RowPart& part) {
    RowStep step;
    step.kind = RowStep::Kind::kSet;
    GYRE_ASSIGN(step.sets, SetItems());
    writes_ = true;
    part.steps.push_back(std::move(step));
    return {};
}

// n.key = …, (n).key = …, n:Label, n = {…}, n += {…}
core::Result<std::vector<SetItem>> Parser::SetItems() {
    std::vector<SetItem> items;
    do {
        SetItem item;
        if (IsName() && !IsSign(".", 1)) {
            const uint32_t at = Now().at;
            GYRE_ASSIGN(const std::string name, Name("a variable"));
            GYRE_ASSIGN(const Variable variable, Find(name, at));
            item.element = SlotOf(variable.slot, variable.type);
            if (IsSign(":")) {
                item.kind = SetItem::Kind::kLabels;
                while (TakeSign(":")) {
                    GYRE_ASSIGN(std::string label, Name("a label"));
                    item.labels.push_back(std::move(label));
                }
            } else {
                item.kind = IsSign("+=") ? SetItem::Kind::kMerge : SetItem::Kind::kReplace;
                if (!TakeSign("+=")) GYRE_TRY(NeedSign("="));
                GYRE_ASSIGN(item.value, Expression());
            }
        } else {
            const uint32_t at = Now().at;
            GYRE_ASSIGN(const Expr target, Postfix());
            if (target->kind != Kind::kProperty) {
                return Wrong(at, "UnexpectedSyntax", "expected the property that is to be set");
            }
            item.kind = SetItem::Kind::kProperty;
            item.element = target->children[0];
            item.key = target->name;
            GYRE_TRY(NeedSign("="));
            GYRE_ASSIGN(item.value, Expression());
        }
        items.push_back(std::move(item));
    } while (TakeSign(","));
    return items;
}

Status Parser::Remove(RowPart& part) {
    RowStep step;
    step.kind = RowStep::Kind::kSet;
    do {
        SetItem item;
        const uint32_t at = Now().at;
        GYRE_ASSIGN(const Expr target, Postfix());
        if (target->kind == Kind::kHasLabels) {
            item.kind = SetItem::Kind::kRemoveLabels;
            item.labels = target->names;
        } else if (target->kind == Kind::kProperty) {
            item.kind = SetItem::Kind::kRemoveProperty;
            item.key = target->name;
        } else {
            return Wrong(at, "UnexpectedSyntax", "expected a property or a label to remove");
        }
        item.element = target->children[0];
        step.sets.push_back(std::move(item));
    } while (TakeSign(","));
    writes_ = true;
    part.steps.push_back(std::move(step));
    return {};
}

Status Parser::Delete(RowPart& part, bool detach) {
    RowStep step;
    step.kind = RowStep::Kind::kDelete;
    step.detach = detach;
    do {
        const uint32_t at = Now().at;
        GYRE_ASSIGN(Expr expression, Expression());
        const Type type = expression->type;
        if (expression->kind == Kind::kHasLabels) {
            return Wrong(at, "InvalidDelete", "DELETE is for elements; REMOVE is for labels");
        }
        const bool may = type == Type::kAny || type == Type::kNull || type == Type::kNode ||
                         type == Type::kRelationship || type == Type::kPath;
        if (!may) {
            return Wrong(at, "InvalidArgumentType",
                         "DELETE is for nodes, relationships and paths, and not for " +
                             std::string(TypeWord(type)));
        }
        step.deleted.push_back(std::move(expression));
    } while (TakeSign(","));
    writes_ = true;
    removes_ = true;
    part.steps.push_back(std::move(step));
    return {};
}

}  // namespace gyre::graph::cypher::detail
