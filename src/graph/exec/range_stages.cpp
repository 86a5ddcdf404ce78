#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <unordered_set>

#include "graph/exec/java_random.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

/// A collection of the same sort with other items.
Value Alike(const Value& like, Values items) {
    if (like.Is<Ptr<Set>>()) {
        auto set = std::make_shared<Set>();
        for (Value& item : items) set->Add(std::move(item));
        return Value(std::move(set));
    }
    if (like.Is<Ptr<graph::Map>>()) {
        auto map = std::make_shared<graph::Map>();
        for (Value& item : items)
            map->Put(item.As<Ptr<Entry>>()->key, item.As<Ptr<Entry>>()->value);
        return Value(std::move(map));
    }
    return MakeList(std::move(items));
}

/// range, limit and skip. Since 3.8 each round of the repeats around it counts for itself.
class Range final : public Stage {
  public:
    Range(const plan::Step& step, Context& context)
        : Stage(step, context), by_rounds_(context.query.rules.Is38()) {}
    bool Next(Traverser& traverser) override {
        while (in_rounds_ || step_.high < 0 || seen_ < step_.high) {
            if (!Pull(traverser)) return false;
            // Of many at one place, those that the range takes in.
            int64_t& seen = Seen(traverser);
            const int64_t first = seen;
            seen += traverser.bulk;
            const int64_t from = std::max(first, step_.low);
            const int64_t to = step_.high < 0 ? seen : std::min(seen, step_.high);
            if (from >= to) continue;
            traverser.bulk = to - from;
            Stay(traverser);
            return true;
        }
        return false;
    }
    void Reset() override {
        seen_ = 0;
        rounds_.clear();
    }

  private:
    int64_t& Seen(const Traverser& traverser) {
        if (!by_rounds_ || traverser.loops.empty()) return seen_;
        in_rounds_ = true;
        std::vector<int64_t> round;
        for (const Loop& loop : traverser.loops) round.push_back(loop.count);
        return rounds_[std::move(round)];
    }

    const bool by_rounds_;
    bool in_rounds_ = false;  ///< no round's end is that of all
    int64_t seen_ = 0;
    std::map<std::vector<int64_t>, int64_t> rounds_;
};

/// range, limit, skip and tail of a collection: until 3.8 of one item for one the item itself.
class LocalRange final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        if (!ItemsOf(traverser.value, items)) {
            value = traverser.value;
            return true;
        }
        const auto size = static_cast<int64_t>(items.size());
        int64_t low = std::min(step_.low, size);
        int64_t high = step_.high < 0 ? size : std::min(step_.high, size);
        if (step_.op == Op::kTail) {
            low = std::max<int64_t>(0, size - step_.high);
            high = size;
        }
        Values kept(items.begin() + low, items.begin() + std::max(low, high));
        const bool one = step_.op == Op::kTail ? step_.high == 1 : step_.high - step_.low == 1;
        if (one && !traverser.value.Is<Ptr<graph::Map>>() && !context_.query.rules.Is38()) {
            if (kept.empty()) return false;
            value = std::move(kept.front());
            return true;
        }
        value = Alike(traverser.value, std::move(kept));
        return true;
    }
};

class Tail final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        Traverser traverser;
        int64_t held = 0;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            held += traverser.bulk;
            Stay(traverser);
            into.push_back(std::move(traverser));
            while (held - into.front().bulk >= step_.high) {
                held -= into.front().bulk;
                into.pop_front();
            }
        }
        if (held > step_.high && !into.empty()) into.front().bulk -= held - step_.high;
        if (step_.high == 0) into.clear();
        return any;
    }
};

class Dedup final : public Stage {
  public:
    Dedup(const plan::Step& step, Context& context) : Stage(step, context), by_(step.by, context) {}

    bool Next(Traverser& traverser) override {
        Value seen;
        while (Pull(traverser)) {
            if (!See(traverser, seen) || !seen_.insert(seen).second) continue;
            context_.Hold();
            traverser.bulk = 1;
            Stay(traverser);
            return true;
        }
        return false;
    }
    void Reset() override { seen_.clear(); }

  private:
    bool See(const Traverser& traverser, Value& seen) {
        by_.Restart();
        if (step_.texts.empty()) return by_.Next(traverser, seen);
        Values all;
        for (const std::string& name : step_.texts) {
            Traverser at = traverser;
            Value one;
            if (!FindSafely(context_, traverser, name, at.value)) return false;
            if (!by_.Next(at, one)) return false;
            all.push_back(std::move(one));
        }
        seen = MakeList(std::move(all));
        return true;
    }

    Projections by_;
    std::unordered_set<Value, ValueHash, ValueSame> seen_;
};

class LocalDedup final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        if (!ItemsOf(traverser.value, items)) {
            value = traverser.value;
            return true;
        }
        auto set = std::make_shared<Set>();
        for (Value& item : items) set->Add(std::move(item));
        value = Value(std::move(set));
        return true;
    }
};

/// sample(n): of all, each as likely; by a weight where by() gives one.
class Sample final : public BarrierStage {
  public:
    Sample(const plan::Step& step, Context& context)
        : BarrierStage(step, context), by_(step.by, context), random_(RandomOf(context)) {}

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        return IsSeeded(context_) ? GatherAsReference(into) : GatherAny(into);
    }

  private:
    struct Weighed {
        Traverser traverser;
        double weight = 1;
        int64_t taken = 0;
    };

    /// As the reference draws: each round goes through those that are left until one is taken.
    bool GatherAsReference(std::deque<Traverser>& into) {
        std::vector<Weighed> all;
        Traverser traverser;
        bool any = false;
        int64_t there = 0;
        double total = 0;
        while (Pull(traverser)) {
            any = true;
            Weighed one;
            if (!Weigh(traverser, one.weight)) continue;
            there += traverser.bulk;
            total += one.weight * static_cast<double>(traverser.bulk);
            one.traverser = std::move(traverser);
            context_.Hold();
            all.push_back(std::move(one));
        }
        std::vector<size_t> order;
        for (int64_t taken = 0; taken < step_.high && there > step_.high; ++taken) {
            while (context_.GoOn() && !TakeOne(all, total, order)) {
            }
            if (context_.Failed()) return false;
        }
        if (there <= step_.high) {
            for (Weighed& one : all) Give(std::move(one.traverser), into);
            return any;
        }
        for (const size_t which : order) {
            Traverser one = all[which].traverser;
            one.bulk = all[which].taken;
            Give(std::move(one), into);
        }
        return any;
    }
    bool TakeOne(std::vector<Weighed>& all, double total, std::vector<size_t>& order) {
        double left = total;
        for (size_t which = 0; which < all.size(); ++which) {
            Weighed& one = all[which];
            for (int64_t i = one.taken; i < one.traverser.bulk; ++i) {
                if (random_.NextDouble() <= one.weight / left) {
                    if (++one.taken == 1) order.push_back(which);
                    return true;
                }
                left -= one.weight;
            }
        }
        return false;
    }
    bool Weigh(const Traverser& traverser, double& weight) {
        if (by_.Size() == 0) return true;
        Value value;
        if (!by_.At(0, traverser, value) || !value.IsNumber()) return false;
        weight = std::max(1e-12, ToDouble(value));
        return true;
    }
    void Give(Traverser traverser, std::deque<Traverser>& into) {
        Stay(traverser);
        into.push_back(std::move(traverser));
    }

    bool GatherAny(std::deque<Traverser>& into) {
        // Each draws a key u^(1/weight); the highest stay (Efraimidis and Spirakis).
        std::vector<std::pair<double, Traverser>> kept;
        const auto higher = [](const auto& a, const auto& b) { return a.first > b.first; };
        Traverser traverser;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            double weight = 1;
            if (!Weigh(traverser, weight)) continue;
            const double uniform = std::generate_canonical<double, 53>(context_.Random());
            kept.emplace_back(std::pow(uniform, 1 / weight), traverser);
            kept.back().second.bulk = 1;
            std::ranges::push_heap(kept, higher);
            if (static_cast<int64_t>(kept.size()) > step_.high) {
                std::ranges::pop_heap(kept, higher);
                kept.pop_back();
            }
        }
        for (auto& [key, one] : kept) Give(std::move(one), into);
        return any;
    }

    Projections by_;
    JavaRandom random_;
};

class LocalSample final : public MapStage {
  public:
    LocalSample(const plan::Step& step, Context& context)
        : MapStage(step, context), random_(RandomOf(context)) {}

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        value = traverser.value;
        if (!ItemsOf(traverser.value, items)) return true;
        if (static_cast<int64_t>(items.size()) <= step_.high) return true;
        Values kept;
        while (static_cast<int64_t>(kept.size()) < step_.high) {
            const auto which = items.begin() + random_.NextInt(static_cast<int32_t>(items.size()));
            kept.push_back(std::move(*which));
            items.erase(which);
        }
        value = Alike(traverser.value, std::move(kept));
        return true;
    }

  private:
    JavaRandom random_;
};

}  // namespace

StagePtr MakeRange(const plan::Step& step, Context& context) {
    const bool local = step.scope == Scope::kLocal;
    switch (step.op) {
        case Op::kDedup:
            if (local) return std::make_unique<LocalDedup>(step, context);
            return std::make_unique<Dedup>(step, context);
        case Op::kSample:
            if (local) return std::make_unique<LocalSample>(step, context);
            return std::make_unique<Sample>(step, context);
        case Op::kTail:
            if (local) return std::make_unique<LocalRange>(step, context);
            return std::make_unique<Tail>(step, context);
        default:
            if (local) return std::make_unique<LocalRange>(step, context);
            return std::make_unique<Range>(step, context);
    }
}

}  // namespace gyre::graph::exec
