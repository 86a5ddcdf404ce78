#include "graph/exec/pattern_checks.h"

#include <algorithm>
#include <optional>

namespace gyre::graph::exec {
namespace {

using plan::Expression;
using plan::Operation;
using ExpressionKind = Expression::Kind;

bool IsComparison(Operation operation) {
    switch (operation) {
        case Operation::kEqual:
        case Operation::kNotEqual:
        case Operation::kLess:
        case Operation::kLessEqual:
        case Operation::kGreater:
        case Operation::kGreaterEqual:
        case Operation::kIsNull:
        case Operation::kIsNotNull:
        case Operation::kStartsWith:
        case Operation::kEndsWith:
        case Operation::kContains:
            return true;
        default:
            return false;
    }
}

bool IsElement(const Expression& expression) {
    return expression.kind == ExpressionKind::kSlot &&
           (expression.type == plan::Type::kNode || expression.type == plan::Type::kRelationship);
}

/// A value that can be read without failing; the slots it reads are put to `slots`.
bool IsPlainValue(const Expression& expression, std::vector<size_t>& slots) {
    if (expression.kind == ExpressionKind::kLiteral) return true;
    if (expression.kind == ExpressionKind::kSlot) {
        slots.push_back(expression.slot);
        return true;
    }
    const bool reads = expression.kind == ExpressionKind::kProperty ||
                       (expression.kind == ExpressionKind::kCall && expression.name == "id" &&
                        expression.children.size() == 1);
    return reads && IsElement(*expression.children[0]) &&
           IsPlainValue(*expression.children[0], slots);
}

bool CannotFail(const Expression& expression, std::vector<size_t>& slots) {
    if (expression.kind == ExpressionKind::kHasLabels) {
        return IsElement(*expression.children[0]) && IsPlainValue(*expression.children[0], slots);
    }
    if (expression.kind != ExpressionKind::kOperation) return false;
    const bool joins =
        expression.operation == Operation::kAnd || expression.operation == Operation::kOr ||
        expression.operation == Operation::kXor || expression.operation == Operation::kNot;
    if (!joins && !IsComparison(expression.operation)) return false;
    return std::ranges::all_of(expression.children, [&](const auto& child) {
        return joins ? CannotFail(*child, slots) : IsPlainValue(*child, slots);
    });
}

/// The pattern that binds a slot; nullopt: the row has it from before.
std::optional<size_t> BinderOf(const std::vector<plan::PathPattern>& patterns, size_t slot) {
    for (size_t i = 0; i < patterns.size(); ++i) {
        const plan::PathPattern& path = patterns[i];
        const bool here =
            std::ranges::find(path.nodes, slot, &plan::NodePattern::slot) != path.nodes.end() ||
            std::ranges::find(path.hops, slot, &plan::HopPattern::slot) != path.hops.end();
        if (here) return i;
    }
    return std::nullopt;
}

/// After how many hops a walk from `start` has bound the slot.
size_t StepOf(const plan::PathPattern& path, size_t start, size_t slot) {
    const size_t hops = path.hops.size();
    const auto at = [&](size_t node) {
        return node >= start ? node - start : hops - node;  // back from the start to the first
    };
    size_t step = hops;
    for (size_t node = 0; node < path.nodes.size(); ++node) {
        if (path.nodes[node].slot == slot) step = std::min(step, at(node));
    }
    for (size_t hop = 0; hop < hops; ++hop) {
        if (path.hops[hop].slot != slot) continue;
        step = std::min(step, hop >= start ? at(hop + 1) : at(hop));
    }
    return step;
}

}  // namespace

PatternChecks::PatternChecks(const std::vector<plan::PathPattern>& patterns,
                             const plan::ExpressionPtr& where)
    : patterns_(patterns) {
    for (const plan::PathPattern& path : patterns) plans_.emplace_back(path.nodes.size());
    if (where) Add(*where);
}

void PatternChecks::Add(const plan::Expression& condition) {
    if (condition.kind == ExpressionKind::kOperation && condition.operation == Operation::kAnd) {
        for (const auto& child : condition.children) Add(*child);
        return;
    }
    Early early{&condition, 0, {}};
    std::vector<size_t> slots;
    // A path is put together when its pattern's end is reached.
    const bool early_enough =
        CannotFail(condition, slots) && std::ranges::none_of(patterns_, [&](const auto& path) {
            return path.slot && std::ranges::find(slots, *path.slot) != slots.end();
        });
    if (!early_enough) {
        last_.push_back(&condition);
        return;
    }
    for (const size_t slot : slots) {
        if (const auto pattern = BinderOf(patterns_, slot)) {
            early.pattern = std::max(early.pattern, *pattern);
        }
    }
    for (const size_t slot : slots) {
        if (BinderOf(patterns_, slot) == early.pattern) early.slots.push_back(slot);
    }
    early_.push_back(std::move(early));
}

void PatternChecks::Plan(size_t pattern, size_t start) {
    const plan::PathPattern& path = patterns_[pattern];
    std::vector<Conditions>& plan = plans_[pattern][start];
    plan.resize(path.hops.size() + 1);
    for (const Early& early : early_) {
        if (early.pattern != pattern) continue;
        size_t at = 0;
        for (const size_t slot : early.slots) {
            at = std::max(at, StepOf(path, start, slot));
        }
        plan[at].push_back(early.condition);
    }
}

}  // namespace gyre::graph::exec
