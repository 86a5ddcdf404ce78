#include <algorithm>
#include <optional>
#include <utility>

#include "graph/compare.h"
#include "graph/exec/attach.h"
#include "graph/exec/column_tests.h"
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
            const bool by_ids = i >= step_.by.size() || !step_.by[i].comparator;
            keys.push_back(by_ids ? Detached(context_.graph, key) : std::move(key));
        }
        return true;
    }

    [[nodiscard]] bool Shuffles() const {
        return std::ranges::any_of(step_.by,
                                   [](const auto& by) { return by.order == Order::kShuffle; });
    }
    /// Whether one with these keys stands before one with those.
    [[nodiscard]] bool Before(const Values& a, const Values& b) {
        for (size_t i = 0; i < a.size(); ++i) {
            const auto order = OrderOf(i, a[i], b[i]);
            if (order == 0) continue;
            const bool down = i < step_.by.size() && step_.by[i].order == Order::kDesc;
            return down ? order > 0 : order < 0;
        }
        return false;
    }
    template <typename Items>
    void Sort(Items& items) {
        if (Shuffles()) return Shuffle(items);
        std::ranges::stable_sort(
            items, [&](const auto& a, const auto& b) { return Before(a.keys, b.keys); });
    }

  private:
    /// With a seed as java.util.Collections does.
    template <typename Items>
    void Shuffle(Items& items) {
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
        const bool cut = step_.high >= 0 && !sorter_.Shuffles();
        most_ = cut ? static_cast<size_t>(step_.high) : SIZE_MAX;
        kept_.clear();
        bool any = cut && GatherByColumn();
        Traverser traverser;
        while (Pull(traverser)) {
            any = true;
            Values keys;
            if (!sorter_.KeysOf(traverser, keys)) continue;
            Stay(traverser);
            Keep(std::move(traverser), std::move(keys));
        }
        if (context_.Failed()) return false;
        if (cut) std::ranges::sort(kept_, {}, &Kept::number);  // as they came: equals stay so
        sorter_.Sort(kept_);
        for (auto& item : kept_) into.push_back(std::move(item.item));
        kept_.clear();
        return any;
    }

  private:
    struct Kept : Keyed<Traverser> {
        uint64_t number = 0;
    };
    /// Of those that are cut anyway no more are held than are wanted: a heap whose top is the last.
    void Keep(Traverser traverser, Values keys) {
        const auto before = [this](const Kept& a, const Kept& b) {
            if (sorter_.Before(a.keys, b.keys)) return true;
            return !sorter_.Before(b.keys, a.keys) && a.number < b.number;
        };
        Kept one{{std::move(traverser), std::move(keys)}, number_++};
        if (kept_.size() == most_) {
            if (most_ == 0 || !before(one, kept_.front())) return;
            std::ranges::pop_heap(kept_, before);
            kept_.pop_back();
        } else {
            context_.Hold();
        }
        kept_.push_back(std::move(one));
        if (most_ != SIZE_MAX) std::ranges::push_heap(kept_, before);
    }
    /// Where elements are ordered by a property that has a column, most are not looked at at all.
    bool GatherByColumn() {
        const bool by_key = step_.by.size() == 1 && step_.by[0].kind == plan::By::Kind::kKey &&
                            !step_.by[0].comparator && context_.query.options.empty();
        const auto key = by_key ? context_.graph.FindName(step_.by[0].key) : std::nullopt;
        BatchScan* const scan = key ? input_->OpenScan() : nullptr;
        if (scan == nullptr) return false;
        bool any = false;
        while (scan->NextLabel()) any = GatherLabel(*scan, *key) || any;
        return any;
    }
    bool GatherLabel(BatchScan& scan, NameId key) {
        const bool down = step_.by[0].order == Order::kDesc;
        const ValueColumn* const column = scan.Find(key);
        ElementBatch batch;
        bool any = false;
        last_.reset();
        while (context_.GoOnLong() && scan.Next(batch)) {
            any = true;
            const auto keep = [&](size_t i) {
                Traverser traverser = Fresh(scan.Element(context_.graph, batch, i));
                Values keys;
                if (sorter_.KeysOf(traverser, keys)) Keep(std::move(traverser), std::move(keys));
            };
            const auto keep_word = [&](size_t i, uint64_t word) {
                // Behind the last that is kept, which came before it.
                if (kept_.size() == most_ && last_ && (down ? word <= *last_ : word >= *last_)) {
                    return;
                }
                keep(i);
                NoteLast(*column);
            };
            const auto keep_row = [&](size_t i) {
                keep(i);
                if (column != nullptr) NoteLast(*column);
            };
            ForWords(column, batch, keep_word, keep_row);
        }
        return any;
    }
    /// The word of the last that is kept, where it has one.
    void NoteLast(const ValueColumn& column) {
        last_.reset();
        if (kept_.size() == most_ && most_ > 0) last_ = column.WordOf(kept_.front().keys[0]);
    }

    Sorter sorter_;
    size_t most_ = SIZE_MAX;
    std::vector<Kept> kept_;
    uint64_t number_ = 0;
    std::optional<uint64_t> last_;
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
