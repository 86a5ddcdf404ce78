#include "graph/plan/id_key.h"

#include <algorithm>
#include <utility>

#include "graph/plan/walk.h"

namespace gyre::graph::plan {
namespace {

bool IsIdToken(const Argument& key) {
    return key.value.IsToken(TokenKind::kT) &&
           static_cast<T>(key.value.As<Token>().value) == T::kId;
}

bool AreBareIds(const Values& values) {
    return !values.empty() && std::ranges::none_of(values, [](const Value& value) {
        return value.Is<VertexRef>() || value.Is<EdgeRef>();
    });
}

/// Elements by id are all elements, tested; labels go to the test.
Step TakeIdTest(Step& step, const std::string& key) {
    auto within = std::make_shared<Predicate>();
    within->op = Predicate::Op::kWithin;
    for (Value& value : std::exchange(step.values, {})) {
        if (const auto* list = value.If<Ptr<List>>())
            within->values.insert(within->values.end(), (*list)->items.begin(),
                                  (*list)->items.end());
        else
            within->values.push_back(std::move(value));
    }
    Step has;
    has.op = Op::kHas;
    has.tests.push_back({{}, key, within, nullptr});
    has.as = std::exchange(step.as, {});
    return has;
}

}  // namespace

void UseIdKey(Traversal& traversal, const std::string& key,
              const std::function<std::string()>& make) {
    std::vector<Step> steps;
    for (Step& step : traversal.steps) {
        ChangeChildren(step, [&](Traversal& child) { UseIdKey(child, key, make); });
        for (Test& test : step.tests) {
            if (test.token != T::kId) continue;
            test.token.reset();
            test.key = key;
        }
        if (step.op == Op::kId) {
            step.op = Op::kValues;
            step.texts = {key};
        }
        if (step.op == Op::kAddVertex || step.op == Op::kAddEdge) {
            bool given = false;
            for (Setting& setting : step.settings) {
                if (IsIdToken(setting.key)) setting.key.value = Value(key);
                given = given || (setting.key.value.Is<std::string>() &&
                                  setting.key.value.As<std::string>() == key);
            }
            if (!given) step.settings.push_back({{}, {Value(key), {}}, {Value(make()), {}}, {}});
        }
        const bool by_id =
            (step.op == Op::kVertices || step.op == Op::kEdges) && AreBareIds(step.values);
        Step test = by_id ? TakeIdTest(step, key) : Step();
        steps.push_back(std::move(step));
        if (by_id) steps.push_back(std::move(test));
    }
    traversal.steps = std::move(steps);
}

}  // namespace gyre::graph::plan
