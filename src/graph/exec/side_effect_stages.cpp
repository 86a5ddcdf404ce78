#include <unordered_map>

#include "graph/exec/projection.h"
#include "graph/exec/stages.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

class SideEffect final : public FilterStage {
  public:
    SideEffect(const plan::Step& step, Context& context)
        : FilterStage(step, context), child_(MakePipeline(step.children[0], context)) {}

  protected:
    bool Keeps(const Traverser& traverser) override {
        child_->Reset();
        child_->Add(traverser);
        Traverser ignored;
        while (child_->Next(ignored)) {
        }
        return true;
    }

  private:
    PipelinePtr child_;
};

/// Adds to the collection of that name: a bulk set, or what withSideEffect() began with.
void Collect(Context& context, const std::string& name, const Value& value, int64_t bulk) {
    Value& effect = context.side_effects[name];
    context.Hold();
    if (const auto* list = effect.If<Ptr<List>>()) {
        (*list)->items.insert((*list)->items.end(), static_cast<size_t>(bulk), value);
        return;
    }
    if (const auto* set = effect.If<Ptr<Set>>()) {
        (*set)->Add(value);
        return;
    }
    if (!effect.Is<Ptr<BulkSet>>()) effect = Value(std::make_shared<BulkSet>());
    auto& items = effect.As<Ptr<BulkSet>>()->items;
    if (!items.empty() && SameValue(items.back().first, value)) {
        items.back().second += bulk;
    } else {
        items.emplace_back(value, bulk);
    }
}

/// aggregate(): of all before any goes on; of scope local as each goes by.
class Aggregate final : public BarrierStage {
  public:
    Aggregate(const plan::Step& step, Context& context)
        : BarrierStage(step, context), by_(step.by, context) {}

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!context_.side_effects.contains(step_.texts[0])) {
            context_.side_effects[step_.texts[0]] = Value(std::make_shared<BulkSet>());
        }
        Traverser traverser;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            Value seen;
            if (by_.At(0, traverser, seen)) {
                Collect(context_, step_.texts[0], seen, traverser.bulk);
            }
            Stay(traverser);
            into.push_back(std::move(traverser));
            if (step_.scope == Scope::kLocal) break;
        }
        return any;
    }

  private:
    Projections by_;
};

class Cap final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!First()) return false;
        Traverser traverser;
        while (Pull(traverser)) {
        }
        if (context_.Failed()) return false;
        auto map = std::make_shared<graph::Map>();
        for (const std::string& name : step_.texts) {
            const auto found = context_.side_effects.find(name);
            if (found == context_.side_effects.end()) {
                context_.Fail("InvalidParameterException",
                              "The side-effect key does not exist: " + name);
                return false;
            }
            map->Put(Value(name), found->second);
        }
        into.push_back(Fresh(step_.texts.size() == 1 ? map->Items()[0].second : Value(map)));
        return true;
    }
};

/// barrier(): as many at once as its size; those that are alike become one of a larger bulk.
class BarrierStep final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        Traverser traverser;
        std::unordered_map<Value, size_t, ValueHash, ValueSame> places;
        int64_t taken = 0;
        while ((step_.high < 0 || taken < step_.high) && Pull(traverser)) {
            ++taken;
            Stay(traverser);
            if (!traverser.path && traverser.sack.IsNull()) {
                const auto [place, added] = places.try_emplace(traverser.value, into.size());
                if (!added && SameWay(into[place->second], traverser)) {
                    into[place->second].bulk += traverser.bulk;
                    continue;
                }
            }
            into.push_back(std::move(traverser));
        }
        return taken > 0;
    }

  private:
    static bool SameWay(const Traverser& a, const Traverser& b) {
        if (a.loops.size() != b.loops.size() || a.came_from != b.came_from) return false;
        for (size_t i = 0; i < a.loops.size(); ++i) {
            if (a.loops[i].count != b.loops[i].count) return false;
        }
        return true;
    }
};

class FailStage final : public FilterStage {
  public:
    using FilterStage::FilterStage;

  protected:
    bool Keeps(const Traverser&) override {
        context_.Fail(core::Error(core::Code::kFailedPrecondition, "FailStepException",
                                  step_.texts.empty() ? "fail() step triggered" : step_.texts[0]));
        return false;
    }
};

}  // namespace

StagePtr MakeSideEffect(const plan::Step& step, Context& context) {
    switch (step.op) {
        case Op::kAggregate:
            return std::make_unique<Aggregate>(step, context);
        case Op::kCap:
            return std::make_unique<Cap>(step, context);
        case Op::kBarrier:
            return std::make_unique<BarrierStep>(step, context);
        case Op::kFail:
            return std::make_unique<FailStage>(step, context);
        default:
            return std::make_unique<SideEffect>(step, context);
    }
}

}  // namespace gyre::graph::exec
