#include <algorithm>
#include <chrono>

#include "graph/exec/attach.h"
#include "graph/exec/element.h"
#include "graph/exec/java_random.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

class Has final : public FilterStage {
  public:
    Has(const plan::Step& step, Context& context)
        : FilterStage(step, context), tests_(step.tests, context) {}

  protected:
    bool Keeps(const Traverser& traverser) override { return tests_.Pass(traverser); }

  private:
    Tests tests_;
};

class HasNot final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser& traverser) override {
        Value ignored;
        return std::ranges::none_of(step_.texts, [&](const std::string& key) {
            return PropertyOf(context_, traverser.value, key, ignored);
        });
    }
};

class Is final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser& traverser) override {
        return Passes(context_.graph, *step_.predicate, traverser.value);
    }
};

/// filter(), not(), and(), or(): by whether children have results.
class Logic final : public FilterStage {
  public:
    Logic(const plan::Step& step, Context& context) : FilterStage(step, context) {
        for (const auto& child : step.children) children_.push_back(MakePipeline(child, context));
    }

  protected:
    bool Keeps(const Traverser& traverser) override {
        const auto test = [&](const PipelinePtr& child) { return child->Test(traverser); };
        switch (step_.op) {
            case Op::kNot:
                return Decides(traverser.value) && !test(children_[0]);
            case Op::kOr:
                return std::ranges::any_of(children_, test);
            default:
                return std::ranges::all_of(children_, test);
        }
    }

  private:
    /// Until 3.8 not(is(…)) of what cannot be compared is as little true as is(…).
    [[nodiscard]] bool Decides(const Value& value) const {
        if (context_.query.rules.Is38()) return true;
        const auto& steps = step_.children[0]->steps;
        return steps.size() != 1 || steps[0].op != Op::kIs || !steps[0].predicate ||
               steps[0].predicate->Decides(value);
    }
    std::vector<PipelinePtr> children_;
};

/// coin(): of many that are one, each has its own.
class Coin final : public Stage {
  public:
    Coin(const plan::Step& step, Context& context)
        : Stage(step, context), random_(RandomOf(context)) {}
    bool Next(Traverser& traverser) override {
        while (Pull(traverser)) {
            const int64_t bulk = std::exchange(traverser.bulk, 0);
            if (bulk < kTossed) {
                for (int64_t i = 0; i < bulk; ++i) {
                    if (step_.fraction >= random_.NextDouble()) ++traverser.bulk;
                }
            } else {
                traverser.bulk = std::llround(step_.fraction * static_cast<double>(bulk));
            }
            if (traverser.bulk == 0) continue;
            Stay(traverser);
            return true;
        }
        return false;
    }

  private:
    static constexpr int64_t kTossed = 100;  ///< from there on the expected share stays
    JavaRandom random_;
};

/// simplePath(), cyclicPath(); from, to and by narrow what is compared.
class PathFilter final : public FilterStage {
  public:
    PathFilter(const plan::Step& step, Context& context)
        : FilterStage(step, context), by_(step.by, context) {}

  protected:
    bool Keeps(const Traverser& traverser) override {
        const auto path = ToPath(traverser.path);
        size_t from = 0;
        size_t to = path->objects.size();
        for (size_t i = 0; i < path->objects.size(); ++i) {
            const auto has = [&](const std::string& label) {
                return std::ranges::find(path->labels[i], label) != path->labels[i].end();
            };
            if (step_.has_from && has(step_.from.value.As<std::string>())) from = i;
            if (step_.has_to && has(step_.to.value.As<std::string>())) to = i + 1;
        }
        by_.Restart();
        Set seen;
        bool simple = true;
        for (size_t i = from; i < to; ++i) {
            Traverser at = traverser;
            at.value = path->objects[i];
            Value value;
            if (!by_.Next(at, value)) return false;
            if (!seen.Add(std::move(value))) simple = false;
        }
        return simple == (step_.op == Op::kSimplePath);
    }

  private:
    Projections by_;
};

/// all(P), any(P): of a list's items.
class Each final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser& traverser) override {
        Values items;
        if (!ItemsOf(traverser.value, items)) return false;
        const auto test = [&](const Value& item) {
            return Passes(context_.graph, *step_.predicate, item);
        };
        if (step_.texts[0] == "all") return std::ranges::all_of(items, test);
        if (step_.texts[0] == "none") return std::ranges::none_of(items, test);
        return std::ranges::any_of(items, test);
    }
};

class TimeLimit final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser&) override {
        const auto now = std::chrono::steady_clock::now();
        if (began_ == core::SteadyTime{}) began_ = now;
        return now - began_ < core::milliseconds(step_.high);
    }

  private:
    core::SteadyTime began_{};
};

class Discard final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser&) override { return false; }
};

}  // namespace

Tests::Tests(const std::vector<plan::Test>& tests, Context& context) : context_(context) {
    for (const plan::Test& test : tests) {
        tests_.push_back({&test, test.traversal ? MakePipeline(test.traversal, context) : nullptr});
    }
}

bool Tests::Pass(const Traverser& traverser) {
    return std::ranges::all_of(tests_, [&](One& one) { return Passes(one, traverser); });
}

bool Tests::Passes(One& one, const Traverser& traverser) {
    const plan::Test& test = *one.test;
    const Value& element = traverser.value;
    if (test.token && one.pipeline) {
        Traverser at = traverser;
        std::string label;
        const bool id = *test.token == T::kId;
        if (!(id ? IdOf(context_, element, at.value) : LabelOf(context_, element, label))) {
            return false;
        }
        if (!id) at.value = Value(std::move(label));
        return one.pipeline->Test(at);
    }
    if (test.token) {
        switch (*test.token) {
            case T::kLabel:
                return LabelPasses(context_, element, *test.predicate);
            case T::kId: {
                Value id;
                if (!IdOf(context_, element, id)) return false;
                // A text is compared with the id as a text.
                const auto& wanted = test.predicate->values;
                const bool texts =
                    !wanted.empty() && std::ranges::all_of(wanted, [](const Value& value) {
                        return value.Is<std::string>();
                    });
                return test.predicate->Test(texts ? Value(DisplayText(id)) : id);
            }
            case T::kKey:
            case T::kValue: {
                const bool key = *test.token == T::kKey;
                if (const auto* vp = element.If<Ptr<VertexProperty>>()) {
                    return test.predicate->Test(key ? Value((*vp)->key) : (*vp)->value);
                }
                if (const auto* p = element.If<Ptr<Property>>()) {
                    return test.predicate->Test(key ? Value((*p)->key) : (*p)->value);
                }
                return false;
            }
        }
    }
    if (!element.IsElement()) return false;
    Values values;
    PropertyValuesOf(context_, element, {test.key}, values);
    if (one.pipeline) {
        return std::ranges::any_of(values, [&](const Value& value) {
            Traverser on_value = traverser;
            on_value.value = value;
            return one.pipeline->Test(on_value);
        });
    }
    if (!test.predicate) return !values.empty();
    return std::ranges::any_of(values,
                               [&](const Value& value) { return test.predicate->Test(value); });
}

StagePtr MakeHas(const plan::Step& step, Context& context) {
    if (step.op == Op::kHasNot) return std::make_unique<HasNot>(step, context);
    return std::make_unique<Has>(step, context);
}

StagePtr MakeFilter(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kIs:
            return std::make_unique<Is>(step, context);
        case Op::kCoin:
            return std::make_unique<Coin>(step, context);
        case Op::kSimplePath:
        case Op::kCyclicPath:
            return std::make_unique<PathFilter>(step, context);
        case Op::kEach:
            return std::make_unique<Each>(step, context);
        case Op::kTimeLimit:
            return std::make_unique<TimeLimit>(step, context);
        case Op::kDiscard:
            return std::make_unique<Discard>(step, context);
        default:
            return std::make_unique<Logic>(step, context);
    }
}

}  // namespace gyre::graph::exec
