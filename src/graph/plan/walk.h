#pragma once

#include <algorithm>
#include <utility>

#include "graph/plan/step.h"

namespace gyre::graph::plan {

/// Whether the step takes in all that it can get, and gives one result of it.
[[nodiscard]] inline bool Reduces(const Step& step) {
    switch (step.op) {
        case Op::kFold:
        case Op::kGroup:
        case Op::kGroupCount:
        case Op::kTree:
            return true;
        case Op::kCount:
        case Op::kSum:
        case Op::kMin:
        case Op::kMax:
        case Op::kMean:
        case Op::kSumDegrees:
            return step.scope == Scope::kGlobal;
        default:
            return false;
    }
}

/// Whether the step takes in all that there is before it gives anything, or counts what passes: in
/// TinkerPop's words a Barrier.
[[nodiscard]] inline bool IsBarrier(const Step& step) {
    switch (step.op) {
        case Op::kOrder:
        case Op::kTail:
        case Op::kDedup:
        case Op::kSample:
        case Op::kRange:
        case Op::kAggregate:
            return step.scope == Scope::kGlobal;
        case Op::kBarrier:
        case Op::kCap:
            return true;
        default:
            return Reduces(step);
    }
}

/// Calls `use` for each step of the traversal and of its children.
template <typename Use>
void ForEachStep(const Traversal& traversal, const Use& use) {
    const auto into = [&](const TraversalPtr& child) {
        if (child) ForEachStep(*child, use);
    };
    for (const Step& step : traversal.steps) {
        use(step);
        for (const auto& child : step.children) into(child);
        for (const By& by : step.by) into(by.traversal);
        for (const Test& test : step.tests) into(test.traversal);
        for (const Option& option : step.options) {
            into(option.traversal);
            into(option.traversal_key);
        }
        for (const Setting& setting : step.settings) {
            into(setting.key.traversal);
            into(setting.value.traversal);
        }
        for (const auto& option : step.with) into(option.second.traversal);
        into(step.until);
        into(step.emit);
        into(step.label.traversal);
        into(step.from.traversal);
        into(step.to.traversal);
    }
}

/// Whether the traversal or one of its children has a barrier.
[[nodiscard]] inline bool HasBarrier(const Traversal& traversal) {
    bool has = false;
    ForEachStep(traversal, [&](const Step& step) { has = has || IsBarrier(step); });
    return has;
}

/// Puts in the place of each child of the step what `change` makes of a copy of it.
template <typename Change>
void ChangeChildren(Step& step, const Change& change) {
    const auto renew = [&](TraversalPtr& child) {
        if (!child) return;
        Traversal copy = *child;
        change(copy);
        child = std::make_shared<const Traversal>(std::move(copy));
    };
    for (auto& child : step.children) renew(child);
    for (By& by : step.by) renew(by.traversal);
    for (Test& test : step.tests) renew(test.traversal);
    for (Option& option : step.options) {
        renew(option.traversal);
        renew(option.traversal_key);
    }
    for (Setting& setting : step.settings) {
        renew(setting.key.traversal);
        renew(setting.value.traversal);
    }
    for (auto& option : step.with) renew(option.second.traversal);
    renew(step.until);
    renew(step.emit);
    renew(step.label.traversal);
    renew(step.from.traversal);
    renew(step.to.traversal);
}

/// Puts in the place of each value that the step names what `change` makes of it; those of its
/// children stay.
template <typename Change>
void ChangeValues(Step& step, const Change& change) {
    const auto renew = [&](Value& value) { value = change(value); };
    const auto of_predicate = [&](Ptr<Predicate>& predicate) {
        if (predicate) predicate = change(Value(predicate)).template As<Ptr<Predicate>>();
    };
    std::ranges::for_each(step.values, renew);
    for (Test& test : step.tests) of_predicate(test.predicate);
    for (Setting& setting : step.settings) {
        renew(setting.key.value);
        renew(setting.value.value);
        for (auto& [key, value] : setting.meta) renew(value.value);
    }
    for (Option& option : step.options) renew(option.key);
    for (auto& option : step.with) renew(option.second.value);
    of_predicate(step.predicate);
    renew(step.label.value);
    renew(step.from.value);
    renew(step.to.value);
}

}  // namespace gyre::graph::plan
