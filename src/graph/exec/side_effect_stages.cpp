#include <optional>
#include <unordered_map>

#include "graph/exec/attach.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

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

/// The operator that withSideEffect() gave with that name.
std::optional<Operator> ReducerOf(const Context& context, const std::string& name) {
    for (const auto& [key, effect] : context.query.side_effects) {
        if (key == name) return effect.second;
    }
    return std::nullopt;
}

/// What `value` is added to: a copy where that may be in the value.
template <typename Collection>
Collection& Own(Value& effect, const Value& value) {
    const Ptr<Collection>& whole = effect.As<Ptr<Collection>>();
    if (value.IsNested() && whole.use_count() > 1)
        effect = Value(std::make_shared<Collection>(*whole));
    Collection& own = *effect.As<Ptr<Collection>>();
    own.extent = {};
    return own;
}

/// Adds to the collection of that name: a bulk set, or what withSideEffect() began with.
void Collect(Context& context, const std::string& name, const Value& value, int64_t bulk) {
    Value& effect = context.side_effects[name];
    // Also what is kept as a number of equals: it may be unfolded.
    context.Hold(static_cast<uint64_t>(bulk));
    if (context.Failed()) return;
    if (effect.Is<Ptr<List>>()) {
        Values& items = Own<List>(effect, value).items;
        items.insert(items.end(), static_cast<size_t>(bulk), value);
        return;
    }
    if (effect.Is<Ptr<Set>>()) {
        Own<Set>(effect, value).Add(value);
        return;
    }
    if (!effect.Is<Ptr<BulkSet>>()) effect = Value(std::make_shared<BulkSet>());
    auto& items = Own<BulkSet>(effect, value).items;
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
        const auto reducer = ReducerOf(context_, step_.texts[0]);
        while (Pull(traverser)) {
            if (!any && reducer == Operator::kAssign && step_.scope == Scope::kGlobal) {
                context_.side_effects[step_.texts[0]] = Value(std::make_shared<BulkSet>());
            }
            any = true;
            Value seen;
            if (by_.At(0, traverser, seen)) {
                const bool one_by_one =
                    reducer && reducer != Operator::kAddAll &&
                    (reducer != Operator::kAssign || step_.scope == Scope::kLocal);
                if (one_by_one)
                    Apply(*reducer, seen, traverser.bulk);
                else
                    Collect(context_, step_.texts[0], seen, traverser.bulk);
            }
            Stay(traverser);
            into.push_back(std::move(traverser));
            if (step_.scope == Scope::kLocal) break;
        }
        return any;
    }

  private:
    void Apply(Operator reducer, const Value& seen, int64_t bulk) {
        Value& effect = context_.side_effects[step_.texts[0]];
        for (int64_t i = 0; i < bulk && !context_.Failed(); ++i) {
            auto reduced = Reduce(reducer, effect, seen, OverflowOf(context_.query.rules));
            if (reduced)
                effect = std::move(*reduced);
            else
                context_.Fail(reduced.error());
        }
    }

    Projections by_;
};

/// subgraph(): gathers the edges that pass, with the vertices at their ends.
class GatherGraph final : public FilterStage {
  public:
    GatherGraph(const plan::Step& step, Context& context) : FilterStage(step, context) {
        Value& effect = context.side_effects[step.texts[0]];
        if (!effect.Is<Ptr<Subgraph>>()) effect = Value(std::make_shared<Subgraph>());
        graph_ = effect.As<Ptr<Subgraph>>();
    }

  protected:
    bool Keeps(const Traverser& traverser) override {
        const auto* edge = traverser.value.If<EdgeRef>();
        if (edge == nullptr) {
            context_.Fail("InvalidParameterException",
                          "subgraph() is for edges, and not for " +
                              ShownText(context_.graph, traverser.value));
            return false;
        }
        if (graph_->edges.Add(traverser.value)) context_.Hold();
        for (const uint64_t vertex : {edge->out, edge->in}) {
            if (graph_->vertices.Add(Value(VertexRef{vertex}))) context_.Hold();
        }
        return true;
    }

  private:
    Ptr<Subgraph> graph_;
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

/// barrier(): as many at once as its size; those that are alike become one of a larger bulk. Sacks
/// that nothing merges keep theirs apart. normSack makes the sacks' sum 1.
class BarrierStep final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        Traverser traverser;
        std::unordered_map<Value, size_t, ValueHash, ValueSame> places;
        bool any = false;
        const auto full = static_cast<size_t>(step_.high);  // of what is unlike each other
        while ((step_.high < 0 || into.size() < full) && Pull(traverser)) {
            any = true;
            Stay(traverser);
            const bool merges = traverser.sack.IsNull() || context_.query.sack_merge;
            if (!traverser.path && merges) {
                const auto [place, added] = places.try_emplace(traverser.value, into.size());
                if (!added && SameWay(into[place->second], traverser)) {
                    if (!Merge(into[place->second], traverser)) return false;
                    continue;
                }
            }
            into.push_back(std::move(traverser));
        }
        if (!step_.texts.empty()) Normalise(into);
        return any;
    }

  private:
    bool Merge(Traverser& into, const Traverser& other) {
        if (!context_.query.one_bulk && __builtin_add_overflow(into.bulk, other.bulk, &into.bulk)) {
            into.bulk = INT64_MAX;
        }
        if (into.sack.IsNull()) return true;
        auto sack = Reduce(*context_.query.sack_merge, into.sack, other.sack,
                           OverflowOf(context_.query.rules));
        if (sack) {
            into.sack = std::move(*sack);
        } else {
            context_.Fail(sack.error());
        }
        return !context_.Failed();
    }
    void Normalise(std::deque<Traverser>& all) {
        const auto weight = [](const Traverser& one) {
            return MultiplyNumbers(one.sack, Value(one.bulk));
        };
        core::Result<Value> total = Value(0.0);
        for (const Traverser& one : all) {
            const auto own = weight(one);
            if (total) total = own ? AddNumbers(*total, *own) : own;
        }
        for (Traverser& one : all) {
            auto sack = total ? weight(one) : total;
            if (sack) sack = DivideNumbers(*sack, *total);
            if (!sack) return context_.Fail(sack.error());
            one.sack = std::move(*sack);
        }
    }
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
        case Op::kSubgraph:
            return std::make_unique<GatherGraph>(step, context);
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
