#include <algorithm>
#include <optional>
#include <utility>

#include "graph/compare.h"
#include "graph/exec/java_random.h"
#include "graph/exec/lambda.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

/// What is ordered, and what each by() saw of it.
template <typename Item>
struct Keyed {
    Item item;
    Values keys;
};

class Sorter {
  public:
    Sorter(const plan::Step& step, Context& context)
        : step_(step), context_(context), by_(step.by, context) {}

    /// False when some by() sees nothing of it: it is filtered out.
    bool KeysOf(const Traverser& traverser, Values& keys) {
        for (size_t i = 0; i < std::max<size_t>(1, step_.by.size()); ++i) {
            Value key;
            if (!by_.At(i, traverser, key)) return false;
            keys.push_back(std::move(key));
        }
        return true;
    }

    template <typename Item>
    void Sort(std::vector<Keyed<Item>>& items) {
        if (std::ranges::any_of(step_.by,
                                [](const auto& by) { return by.order == Order::kShuffle; })) {
            return Shuffle(items);
        }
        std::ranges::stable_sort(items, [&](const Keyed<Item>& a, const Keyed<Item>& b) {
            for (size_t i = 0; i < a.keys.size(); ++i) {
                const auto order = OrderOf(i, a.keys[i], b.keys[i]);
                if (order == 0) continue;
                const bool down = i < step_.by.size() && step_.by[i].order == Order::kDesc;
                return down ? order > 0 : order < 0;
            }
            return false;
        });
    }

  private:
    /// With a seed as java.util.Collections does.
    template <typename Item>
    void Shuffle(std::vector<Keyed<Item>>& items) {
        if (!IsSeeded(context_)) {
            std::ranges::shuffle(items, context_.Random());
            return;
        }
        if (!random_) random_.emplace(RandomOf(context_));
        for (size_t i = items.size(); i > 1; --i) {
            const auto other = static_cast<size_t>(random_->NextInt(static_cast<int32_t>(i)));
            std::swap(items[i - 1], items[other]);
        }
    }
    std::weak_ordering OrderOf(size_t by, const Value& a, const Value& b) {
        if (by >= step_.by.size() || !step_.by[by].comparator) return OrderValues(a, b);
        const Value both[] = {a, b};
        const Value said = RunLambda(context_, *step_.by[by].comparator, both);
        return said.IsNumber() ? ToInt64(said) <=> 0 : std::weak_ordering::equivalent;
    }

    const plan::Step& step_;
    Context& context_;
    Projections by_;
    std::optional<JavaRandom> random_;  ///< of a shuffle with a seed
};

class GlobalOrder final : public BarrierStage {
  public:
    GlobalOrder(const plan::Step& step, Context& context)
        : BarrierStage(step, context), sorter_(step, context) {}

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        std::vector<Keyed<Traverser>> items;
        Traverser traverser;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            Values keys;
            if (!sorter_.KeysOf(traverser, keys)) continue;
            context_.Hold();
            Stay(traverser);
            items.push_back({std::move(traverser), std::move(keys)});
        }
        if (context_.Failed()) return false;
        sorter_.Sort(items);
        for (auto& item : items) into.push_back(std::move(item.item));
        return any;
    }

  private:
    Sorter sorter_;
};

class LocalOrder final : public MapStage {
  public:
    LocalOrder(const plan::Step& step, Context& context)
        : MapStage(step, context), sorter_(step, context) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        value = traverser.value;
        if (!ItemsOf(traverser.value, items)) return true;
        std::vector<Keyed<Value>> keyed;
        for (Value& item : items) {
            Traverser on_item = traverser;
            on_item.value = item;
            Values keys;
            if (sorter_.KeysOf(on_item, keys)) keyed.push_back({std::move(item), std::move(keys)});
        }
        sorter_.Sort(keyed);
        if (traverser.value.Is<Ptr<graph::Map>>()) {
            auto map = std::make_shared<graph::Map>();
            for (const auto& one : keyed) {
                map->Put(one.item.As<Ptr<Entry>>()->key, one.item.As<Ptr<Entry>>()->value);
            }
            value = Value(std::move(map));
            return true;
        }
        Values sorted;
        for (auto& one : keyed) sorted.push_back(std::move(one.item));
        value = MakeList(std::move(sorted));
        return true;
    }

  private:
    Sorter sorter_;
};

}  // namespace

StagePtr MakeOrder(const plan::Step& step, Context& context) {
    if (step.scope == Scope::kLocal) return std::make_unique<LocalOrder>(step, context);
    return std::make_unique<GlobalOrder>(step, context);
}

}  // namespace gyre::graph::exec
