#include "graph/gremlin/detail/builder.h"

namespace gyre::graph::gremlin::detail {
namespace {

using core::Result;
using plan::Op;
using plan::Step;

Step OfTest(const Call& call, plan::Test test) {
    Step step = call.Step(Op::kHas);
    step.tests.push_back(std::move(test));
    return step;
}

plan::Test OfToken(T token, Ptr<Predicate> predicate) {
    plan::Test test;
    test.token = token;
    test.predicate = std::move(predicate);
    return test;
}

/// has(key…), has(T, …), has(label, key, …)
Result<Step> Has(const Call& call) {
    if (call.Count() == 0 || call.Count() > 3) {
        return call.Wrong("a key, and a value, a predicate or a traversal");
    }
    Step step = call.Step(Op::kHas);
    size_t at = 0;
    if (call.Count() == 3) {
        if (!call.At(0).Is<std::string>() && !call.At(0).IsNull())
            return call.Wrong("a label first");
        step.tests.push_back(OfToken(T::kLabel, EqualTo(call.At(at++))));
    }
    const Value& key = call.At(at++);
    if (key.IsNull()) return call.Step(Op::kDiscard);  // no property has it
    plan::Test test;
    if (key.IsToken(TokenKind::kT)) {
        test.token = static_cast<T>(key.As<Token>().value);
    } else if (key.Is<std::string>()) {
        test.key = key.As<std::string>();
    } else {
        return call.Wrong("a key, and not " + DisplayText(key));
    }
    if (at < call.Count()) {
        const bool traversal = call.At(at).Is<Ptr<Bytecode>>();
        // Since 3.8 a traversal is but a value that no property has.
        if (traversal && call.TheRules().Is38()) return call.Step(Op::kDiscard);
        if (traversal) {
            GYRE_ASSIGN(test.traversal, call.Child(call.At(at)));
        } else {
            test.predicate = call.AsPredicate(call.At(at));
        }
    } else if (test.token) {
        return call.Wrong("a value after the token");
    }
    step.tests.push_back(std::move(test));
    return step;
}

/// hasLabel, hasId, hasKey, hasValue: of values, lists of values, and a predicate
Result<Step> HasToken(const Call& call, T token) {
    if (call.Count() == 0) return call.Wrong("at least one value or a predicate");
    if (call.Count() == 1 && call.At(0).Is<Ptr<Predicate>>()) {
        return OfTest(call, OfToken(token, call.At(0).As<Ptr<Predicate>>()));
    }
    auto within = std::make_shared<Predicate>();
    within->op = Predicate::Op::kWithin;
    // A single collection is meant one by one.
    const bool unrolled = token == T::kId && call.Count() == 1;
    Values values = call.Arguments();
    if (const auto* list = values[0].If<Ptr<List>>(); list != nullptr && unrolled) {
        values = Values((*list)->items);
    } else if (const auto* set = values[0].If<Ptr<Set>>(); set != nullptr && unrolled) {
        values = Values((*set)->items);
    }
    for (const Value& value : values) {
        const auto* sent = value.If<Ptr<ElementReference>>();
        within->values.push_back(sent != nullptr ? (*sent)->id : value);
    }
    return OfTest(call, OfToken(token, std::move(within)));
}

Result<Step> OfChildren(const Call& call, Op op) {
    Step step = call.Step(op);
    for (const Value& child : call.All()) {
        GYRE_ASSIGN(auto pattern, call.Pattern(child));
        step.children.push_back(std::move(pattern));
    }
    return step;
}

Result<Step> Where(const Call& call) {
    if (call.Count() == 1 && call.At(0).Is<Ptr<Bytecode>>()) return OfChildren(call, Op::kFilter);
    Step step = call.Step(Op::kWherePredicate);
    call.NeedsPath();
    size_t at = 0;
    if (call.Count() == 2 && call.At(0).Is<std::string>())
        step.texts = {call.At(at++).As<std::string>()};
    if (at + 1 != call.Count() || !call.At(at).Is<Ptr<Predicate>>()) {
        return call.Wrong("a traversal, or a name and a predicate of names");
    }
    step.predicate = call.At(at).As<Ptr<Predicate>>();
    return step;
}

Result<Step> Range(const Call& call) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(call.Name() == "tail" ? Op::kTail : Op::kRange);
    step.scope = call.TakeScope(rest);
    if (call.Name() == "range") {
        if (rest.size() != 2) return call.Wrong("where it begins and where it ends");
        GYRE_ASSIGN(step.low, call.Whole(rest[0]));
        GYRE_ASSIGN(step.high, call.Whole(rest[1]));
        if (step.high >= 0 && step.low > step.high) {
            return call.Refused("Not a legal range: [" + std::to_string(step.low) + ", " +
                                std::to_string(step.high) + "]");
        }
        return step;
    }
    if (call.Name() == "tail" && rest.empty()) {
        step.high = 1;
        return step;
    }
    if (rest.size() != 1) return call.Wrong("a number");
    GYRE_ASSIGN(const int64_t number, call.Whole(rest[0]));
    if (call.Name() == "skip")
        step.low = number;
    else
        step.high = number;
    return step;
}

Result<Step> Dedup(const Call& call) {
    std::span<const Value> rest = call.All();
    Step step = call.Step(Op::kDedup);
    step.scope = call.TakeScope(rest);
    GYRE_ASSIGN(step.texts, call.Texts(rest));
    if (!step.texts.empty()) call.NeedsPath();
    return step;
}

Result<Step> Each(const Call& call) {
    if (call.Name() == "none" && call.Count() == 0) return call.Step(Op::kDiscard);
    if (call.Count() != 1 || !call.At(0).Is<Ptr<Predicate>>()) return call.Wrong("a predicate");
    Step step = call.Step(Op::kEach);
    step.texts = {call.Name()};
    step.predicate = call.At(0).As<Ptr<Predicate>>();
    return step;
}

}  // namespace

void AddFilterBuilders(Builders& all) {
    all["has"] = Has;
    all["hasLabel"] = [](const Call& call) { return HasToken(call, T::kLabel); };
    all["hasId"] = [](const Call& call) { return HasToken(call, T::kId); };
    all["hasKey"] = [](const Call& call) { return HasToken(call, T::kKey); };
    all["hasValue"] = [](const Call& call) { return HasToken(call, T::kValue); };
    all["hasNot"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kHasNot);
        GYRE_ASSIGN(step.texts, call.Texts(call.All()));
        return step;
    };
    all["is"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1) return call.Wrong("a value or a predicate");
        Step step = call.Step(Op::kIs);
        step.predicate = call.AsPredicate(call.At(0));
        return step;
    };
    all["filter"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1) return call.Wrong("a traversal or a predicate");
        if (!call.At(0).Is<Ptr<Predicate>>()) return OfChildren(call, Op::kFilter);
        Step step = call.Step(Op::kIs);
        step.predicate = call.At(0).As<Ptr<Predicate>>();
        return step;
    };
    all["where"] = Where;
    all["not"] = [](const Call& call) -> Result<Step> {
        if (call.Count() != 1) return call.Wrong("a traversal");
        return OfChildren(call, Op::kNot);
    };
    all["and"] = [](const Call& call) { return OfChildren(call, Op::kAnd); };
    all["or"] = [](const Call& call) { return OfChildren(call, Op::kOr); };
    all["limit"] = all["range"] = all["skip"] = all["tail"] = Range;
    all["dedup"] = Dedup;
    all["coin"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kCoin);
        if (call.Count() != 1 || !call.At(0).IsNumber()) return call.Wrong("a probability");
        step.fraction = std::stod(DisplayText(call.At(0)));
        return step;
    };
    all["sample"] = [](const Call& call) -> Result<Step> {
        std::span<const Value> rest = call.All();
        Step step = call.Step(Op::kSample);
        step.scope = call.TakeScope(rest);
        if (rest.size() != 1) return call.Wrong("a number");
        GYRE_ASSIGN(step.high, call.Whole(rest[0]));
        return step;
    };
    all["simplePath"] = [](const Call& call) -> Result<Step> {
        call.NeedsPath();
        return call.Step(Op::kSimplePath);
    };
    all["cyclicPath"] = [](const Call& call) -> Result<Step> {
        call.NeedsPath();
        return call.Step(Op::kCyclicPath);
    };
    all["timeLimit"] = [](const Call& call) -> Result<Step> {
        Step step = call.Step(Op::kTimeLimit);
        if (call.Count() != 1) return call.Wrong("milliseconds");
        GYRE_ASSIGN(step.high, call.Whole(call.At(0)));
        return step;
    };
    all["discard"] = [](const Call& call) -> Result<Step> { return call.Step(Op::kDiscard); };
    all["all"] = all["any"] = all["none"] = Each;
}

}  // namespace gyre::graph::gremlin::detail
