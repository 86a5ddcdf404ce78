#include <algorithm>
#include <optional>
#include <tuple>
#include <utility>

#include "graph/exec/column_tests.h"
#include "graph/exec/detail/vertex_table.h"
#include "graph/exec/java_random.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/plan/walk.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

/// group(): keys by the first by(), values by the second. A value traversal that reduces is fed all
/// of a group's traversers; one that does not gives what it says of the last.
class Groups {
  public:
    Groups(const plan::Step& step, Context& context)
        : context_(context), key_(FirstOf(step.by), context) {
        if (step.by.size() < 2) return;
        const plan::By& by = step.by[1];
        if (by.kind != plan::By::Kind::kTraversal) {
            only_.push_back(by);
            folded_ = std::make_unique<Projections>(only_, context);
            return;
        }
        const auto& steps = by.traversal->steps;
        reduces_ = std::ranges::any_of(steps, plan::IsBarrier);
        counts_ = steps.size() == 1 && steps[0].op == Op::kCount &&
                  steps[0].scope == Scope::kGlobal && steps[0].as.empty();
        pipeline_ = MakePipeline(by.traversal, context);
    }

    void Add(const Traverser& traverser) {
        Value key;
        if (!key_.At(0, traverser, key)) return;
        bool added = false;
        Value& at = index_.At(key, &added);
        if (added) {
            at = Value(static_cast<int64_t>(groups_.size()));
            groups_.emplace_back();
            context_.Hold();
        }
        Group& group = groups_[static_cast<size_t>(at.As<int64_t>())];
        if (counts_) {
            group.count += traverser.bulk;
        } else if (pipeline_) {
            if (!reduces_) {
                Value value;  // what it says of the last stands
                if (pipeline_->First(traverser, value)) group.items = {std::move(value)};
                return;
            }
            context_.Hold();
            group.traversers.push_back(traverser);
        } else {
            Value value = traverser.value;
            if (folded_ && !folded_->At(0, traverser, value)) return;
            for (int64_t i = 0; i < traverser.bulk; ++i) {
                context_.Hold();
                group.items.push_back(value);
            }
        }
    }

    /// The map so far.
    [[nodiscard]] Value Result() {
        auto map = std::make_shared<graph::Map>();
        std::vector<std::optional<Value>> reduced;
        if (pipeline_ && reduces_ && !counts_) reduced = Reduced();
        for (size_t i = 0; i < groups_.size(); ++i) {
            Group& group = groups_[i];
            Value value;
            if (counts_) {
                value = Value(group.count);
            } else if (pipeline_ && reduces_) {
                if (!reduced[i]) continue;
                value = std::move(*reduced[i]);
            } else if (pipeline_) {
                if (group.items.empty()) continue;
                value = group.items.back();
            } else {
                value = MakeList(group.items);
            }
            map->Put(index_.Items()[i].first, std::move(value));
        }
        return Value(std::move(map));
    }
    void Clear() {
        index_ = graph::Map();
        groups_.clear();
    }

  private:
    struct Group {
        int64_t count = 0;
        Values items;
        std::vector<Traverser> traversers;
    };
    /// What the value traversal makes of each group. A seed's numbers are drawn in the order in
    /// which the reference comes to the groups.
    std::vector<std::optional<Value>> Reduced() {
        std::vector<std::optional<Value>> values(groups_.size());
        const auto reduce = [&](size_t which) {
            pipeline_->Reset();
            for (const Traverser& traverser : groups_[which].traversers) pipeline_->Add(traverser);
            Traverser result;
            if (pipeline_->Next(result)) values[which] = std::move(result.value);
        };
        if (IsSeeded(context_)) {
            std::ranges::for_each(JavaOrder(index_), reduce);
        } else {
            for (size_t i = 0; i < groups_.size(); ++i) reduce(i);
        }
        return values;
    }
    const std::vector<plan::By>& FirstOf(const std::vector<plan::By>& by) {
        if (!by.empty()) first_.push_back(by[0]);
        return first_;
    }

    Context& context_;
    std::vector<plan::By> first_, only_;
    Projections key_;
    std::unique_ptr<Projections> folded_;
    PipelinePtr pipeline_;
    bool reduces_ = false;
    bool counts_ = false;
    graph::Map index_;  ///< key -> place in groups_
    std::vector<Group> groups_;
};

class GroupStage final : public BarrierStage {
  public:
    GroupStage(const plan::Step& step, Context& context)
        : BarrierStage(step, context), groups_(step, context) {}
    void Reset() override {
        BarrierStage::Reset();
        if (!step_.texts.empty()) return;  // a side effect stays
        groups_.Clear();
    }

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        const bool aside = !step_.texts.empty();
        if (!aside && !First()) return false;
        Traverser traverser;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            groups_.Add(traverser);
            if (!aside) continue;
            Stay(traverser);
            context_.Hold();
            into.push_back(traverser);
        }
        if (context_.Failed()) return false;
        if (aside) {
            if (any || !context_.side_effects.contains(step_.texts[0])) Note();
            return any;
        }
        into.push_back(Fresh(groups_.Result()));
        return true;
    }

  private:
    /// Puts its groups to what other steps have put under the same name.
    void Note() {
        Value& effect = context_.side_effects[step_.texts[0]];
        const auto* there = effect.If<Ptr<graph::Map>>();
        if (there != nullptr && *there != noted_) others_ = *there;
        Value own = groups_.Result();
        noted_ = own.As<Ptr<graph::Map>>();
        if (others_ != nullptr) {
            auto both = std::make_shared<graph::Map>(*others_);
            for (const auto& [key, value] : noted_->Items()) {
                Value& place = both->At(key);
                const auto *a = place.If<Ptr<List>>(), *b = value.If<Ptr<List>>();
                if (a == nullptr || b == nullptr) {
                    const bool adds = Sums() && place.IsNumber() && value.IsNumber();
                    const auto sum = adds ? AddNumbers(place, value) : value;
                    if (!sum) return context_.Fail(sum.error());
                    place = *sum;
                    continue;
                }
                Values items = (*a)->items;
                items.insert(items.end(), (*b)->items.begin(), (*b)->items.end());
                place = MakeList(std::move(items));
            }
            noted_ = std::move(both);
        }
        effect = Value(noted_);
    }

    [[nodiscard]] bool Sums() const {
        if (step_.by.size() < 2 || !step_.by[1].traversal) return false;
        const auto& steps = step_.by[1].traversal->steps;
        return !steps.empty() && steps.back().scope == Scope::kGlobal &&
               (steps.back().op == Op::kCount || steps.back().op == Op::kSum);
    }

    Groups groups_;
    Ptr<graph::Map> noted_, others_;
};

/// groupCount(): how many of each.
class GroupCount final : public BarrierStage {
  public:
    GroupCount(const plan::Step& step, Context& context)
        : BarrierStage(step, context), by_(step.by, context) {}

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        const bool aside = !step_.texts.empty();
        if (!aside && !First()) return false;
        auto map = std::make_shared<graph::Map>();
        Traverser traverser;
        bool any = false;
        if (!aside) CountByColumn(*map);
        while (Pull(traverser)) {
            if (aside && !any) {  // what others have counted under that name by now
                Value& effect = context_.side_effects[step_.texts[0]];
                if (effect.Is<Ptr<graph::Map>>()) *map = *effect.As<Ptr<graph::Map>>();
            }
            any = true;
            Value key;
            if (by_.At(0, traverser, key)) {
                bool added = false;
                Value& count = map->At(key, &added);
                if (added) context_.Hold();
                const int64_t before = count.Is<int64_t>() ? count.As<int64_t>() : 0;
                count = Value(before + traverser.bulk);
            }
            if (!aside) continue;
            Stay(traverser);
            into.push_back(traverser);
        }
        if (context_.Failed()) return false;
        if (aside) {
            if (any || !context_.side_effects.contains(step_.texts[0])) {
                context_.side_effects[step_.texts[0]] = Value(std::move(map));
            }
            return any;
        }
        into.push_back(Fresh(Value(std::move(map))));
        return true;
    }

  private:
    /// What is counted, where it is a property of elements that a scan gives.
    ValueScan OpenKeys() {
        if (by_.Size() == 0) return input_->OpenValues();
        const bool key = by_.Size() == 1 && step_.by[0].kind == plan::By::Kind::kKey &&
                         context_.query.options.empty();  // null for those without, by a strategy
        const auto name = key ? context_.graph.FindName(step_.by[0].key) : std::nullopt;
        return name ? ValueScan{input_->OpenScan(), *name} : ValueScan{};
    }
    void CountByColumn(graph::Map& map) {
        const ValueScan keys = OpenKeys();
        if (keys.scan == nullptr) return;
        std::vector<int64_t> counts;
        while (keys.scan->NextLabel()) CountLabel(keys, map, counts);
        // Until now the map has had each key's place.
        graph::Map counted;
        for (const auto& [key, place] : map.Items()) {
            counted.Put(key, Value(counts[static_cast<size_t>(place.As<int64_t>())]));
        }
        map = std::move(counted);
    }
    void CountLabel(const ValueScan& keys, graph::Map& map, std::vector<int64_t>& counts) {
        const ValueColumn* const column = keys.scan->Find(keys.key);
        const bool all_values = by_.Size() == 0;
        VertexTable places;  // of words: in the map
        ElementBatch batch;
        Values of_row;
        const auto place_of = [&](const Value& key) {
            bool added = false;
            Value& count = map.At(key, &added);
            if (!added) return static_cast<size_t>(count.As<int64_t>());
            context_.Hold();
            count = Value(static_cast<int64_t>(counts.size()));
            counts.push_back(0);
            return counts.size() - 1;
        };
        while (context_.GoOnLong() && keys.scan->Next(batch)) {
            const auto add_word = [&](size_t, uint64_t word) {
                uint32_t& place = places.At(word);
                Value key;
                if (place == VertexTable::kNone) {
                    if (!column->ToValue(word, {}, key)) return;
                    place = static_cast<uint32_t>(place_of(key));
                }
                ++counts[place];
            };
            const auto add_row = [&](size_t i) {
                of_row.clear();
                context_.graph.ReadValues(keys.scan->Element(context_.graph, batch, i), keys.key,
                                          of_row);
                if (!all_values && of_row.size() > 1) FailOfSeveral(context_, step_.by[0].key);
                for (const Value& key : of_row) ++counts[place_of(key)];
            };
            ForWords(column, batch, add_word, add_row);
        }
    }

    Projections by_;
};

}  // namespace

StagePtr MakeGroup(const plan::Step& step, Context& context) {
    if (step.op == Op::kGroupCount) return std::make_unique<GroupCount>(step, context);
    return std::make_unique<GroupStage>(step, context);
}

}  // namespace gyre::graph::exec
