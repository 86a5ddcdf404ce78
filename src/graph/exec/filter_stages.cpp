#include <algorithm>
#include <chrono>
#include <utility>

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
    bool Keeps(const Traverser& traverser) override {
        const Value& value = traverser.value;
        if (value.IsElement() || value.Is<Ptr<Property>>()) return tests_.Pass(traverser);
        if (value.Is<Ptr<ElementReference>>()) return false;  // it is not there
        context_.Fail("InvalidParameterException",
                      "Traverser to has() must be of type Property or Element, not " +
                          std::string(TypeName(value)));
        return false;
    }

    void UnderFilter() override {
        FilterStage::UnderFilter();
        if (!context_.query.rules.Is38()) tests_.NoteUnknown();
    }

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
        return Holds(*step_.predicate, traverser.value);
    }
};

/// filter(), not(), and(), or(): by whether children have results. What a child cannot tell, not()
/// cannot; and() and or() can where another settles it, and to filter() it is false.
class Logic final : public FilterStage {
  public:
    Logic(const plan::Step& step, Context& context) : FilterStage(step, context) {
        for (const auto& child : step.children) {
            children_.push_back(MakePipeline(child, context));
            children_.back()->UnderFilter();
        }
    }

  protected:
    bool Keeps(const Traverser& traverser) override {
        if (step_.op == Op::kNot) return !children_[0]->Test(traverser) && !context_.unknown;
        const bool any = step_.op == Op::kOr;
        bool unknown = false;
        for (const PipelinePtr& child : children_) {
            const bool has = child->Test(traverser);
            if (std::exchange(context_.unknown, false)) {
                unknown = true;
            } else if (has == any) {
                return any;
            }
        }
        context_.unknown = unknown && step_.op != Op::kFilter;
        return !any && !unknown;
    }

  private:
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
        const auto path = PartOf(ToPath(traverser.path),
                                 step_.has_from ? step_.from.value.If<std::string>() : nullptr,
                                 step_.has_to ? step_.to.value.If<std::string>() : nullptr);
        if (!path) {
            context_.Fail(path.error());
            return false;
        }
        by_.Restart();
        Set seen;
        bool simple = true;
        for (const Value& object : (*path)->objects) {
            Traverser at = traverser;
            at.value = object;
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
        const bool settles = step_.texts[0] != "all";  // one that passes
        bool unknown = false;
        for (const Value& item : items) {
            const bool passes = Holds(*step_.predicate, item);
            if (std::exchange(context_.unknown, false)) {
                unknown = true;
            } else if (passes == settles) {
                return step_.texts[0] == "any";
            }
        }
        context_.unknown = unknown;
        return !unknown && step_.texts[0] != "any";
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
                return Holds(test, texts ? Value(DisplayText(id)) : id);
            }
            case T::kKey:
            case T::kValue: {
                const bool key = *test.token == T::kKey;
                if (const auto* vp = element.If<Ptr<VertexProperty>>()) {
                    return Holds(test, key ? Value((*vp)->key) : (*vp)->value);
                }
                if (const auto* p = element.If<Ptr<Property>>()) {
                    return Holds(test, key ? Value((*p)->key) : (*p)->value);
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
    for (const Value& value : values) {
        if (Holds(test, value)) return true;
        if (context_.unknown) return false;
    }
    return false;
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
