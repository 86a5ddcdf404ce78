#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>

#include "graph/exec/column_tests.h"
#include "graph/exec/plain_blocks.h"
#include "graph/exec/projection.h"
#include "graph/exec/stages.h"
#include "graph/exec/word_totals.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using plan::Op;

/// count, sum, min, max or mean, as values come in. Nulls are not there.
class Tally {
  public:
    Tally(Op op, const Rules& rules)
        : op_(op), overflow_(op == Op::kSum ? OverflowOf(rules) : Overflow::kWiden) {}

    /// Of a traverser of that bulk; sums of traversers are Longs and Doubles at least, as
    /// TinkerPop's.
    core::Status Add(const Value& value, int64_t bulk) {
        if ((op_ != Op::kSum && op_ != Op::kMean) || !value.IsNumber()) return AddOne(value, bulk);
        Note(value);
        GYRE_ASSIGN(const Value times, MultiplyNumbers(value, Value(bulk), overflow_));
        return Gather(times, bulk);
    }
    /// Of an item, which keeps its type.
    core::Status AddOne(const Value& value, int64_t bulk) {
        Note(value);
        return Gather(value, bulk);
    }
    /// Of what many words of a column come to.
    core::Status AddTotals(const WordTotals& totals, const ValueColumn& column) {
        Value value;
        if (op_ == Op::kCount) {
            count_ += totals.Count();
        } else if (op_ == Op::kMax) {
            if (totals.Most(column, value)) return Gather(value, totals.Count());
        } else if (op_ == Op::kMin) {
            if (totals.Least(column, value)) return Gather(value, totals.Count());
        } else if (totals.Count() > 0) {
            GYRE_ASSIGN(value, ToLong(totals.Sum(column), overflow_));
            return Gather(value, totals.Count());
        }
        return {};
    }
    /// Nullopt where there is nothing to say.
    [[nodiscard]] std::optional<Value> Result() const {
        if (op_ == Op::kCount) return Value(count_);
        if (!result_ && null_) return Value();
        if (op_ != Op::kMean || !result_) return result_;
        if (!big_) return Value(ToDouble(*result_) / static_cast<double>(count_));
        const auto mean = DivideNumbers(Value(BigDecimal{DisplayText(*result_)}), Value(count_));
        return mean ? *mean : Value();
    }

  private:
    void Note(const Value& value) {
        big_ = big_ || value.Is<BigInteger>() || value.Is<BigDecimal>();
    }
    core::Status Gather(const Value& value, int64_t bulk) {
        count_ += bulk;
        if (op_ == Op::kCount) return {};
        if (value.IsNull()) {
            count_ -= bulk;
            null_ = true;
            return {};
        }
        const bool sums = op_ == Op::kSum || op_ == Op::kMean;
        if (sums && !value.IsNumber()) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                              DisplayText(value) + " is of type " + std::string(TypeName(value)) +
                                  " and cannot be summed");
        }
        if (!result_) {
            result_ = value;
        } else if (op_ == Op::kMin) {
            GYRE_ASSIGN(result_, LesserOf(*result_, value));
        } else if (op_ == Op::kMax) {
            GYRE_ASSIGN(result_, GreaterOf(*result_, value));
        } else {
            GYRE_ASSIGN(result_, AddNumbers(*result_, value, overflow_));
        }
        return {};
    }

    Op op_;
    Overflow overflow_;
    bool big_ = false;  ///< some number has more than 64 bits
    int64_t count_ = 0;
    bool null_ = false;  ///< there was one; of nothing else null is what there is to say
    std::optional<Value> result_;
};

class GlobalTally final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!First()) return false;
        Tally tally(step_.op, context_.query.rules);
        if (const ValueScan values = input_->OpenValues(); values.scan != nullptr) {
            while (values.scan->NextLabel()) AddByColumn(values, tally);
        } else {
            Traverser traverser;
            if (step_.op == Op::kCount) CountScanned(tally);
            while (Pull(traverser)) Note(tally.Add(traverser.value, traverser.bulk));
        }
        if (context_.Failed()) return false;
        if (auto result = tally.Result()) into.push_back(Fresh(std::move(*result)));
        return true;
    }

  private:
    void Note(const core::Status& status) {
        if (!status) context_.Fail(status.error());
    }
    /// Words of what is no number are the least of all or the greatest.
    static bool HasNaN(const ValueColumn& column) {
        if (!WordTotals::IsFloating(column)) return false;
        return std::ranges::any_of(column.blocks, [](const ColumnBlock& block) {
            return std::isnan(DoubleOfWord(block.least)) || std::isnan(DoubleOfWord(block.most));
        });
    }
    void AddByColumn(const ValueScan& values, Tally& tally) {
        const ValueColumn* column = values.scan->Find(values.key);
        // The first that is no number ends a sum.
        const bool sums = step_.op == Op::kSum || step_.op == Op::kMean;
        if (column != nullptr && sums && !WordTotals::IsNumber(*column)) column = nullptr;
        if (column != nullptr && !sums && HasNaN(*column)) column = nullptr;
        WordTotals totals;
        if (column != nullptr) {
            const auto add = [&](const ElementBatch& batch, WordTotals& part) {
                AddWords(column, batch, part, [](size_t) {});
            };
            AddPlainBlocks(context_, *values.scan, {&column, 1}, totals, add);
        }
        ElementBatch batch;
        Values of_row;
        while (context_.GoOnLong() && values.scan->Next(batch)) {
            const auto add_row = [&](size_t i) {
                of_row.clear();
                context_.graph.ReadValues(values.scan->Element(context_.graph, batch, i),
                                          values.key, of_row);
                for (const Value& value : of_row) Note(tally.Add(value, 1));
            };
            AddWords(column, batch, totals, add_row);
        }
        if (column != nullptr) Note(tally.AddTotals(totals, *column));
    }
    void CountScanned(Tally& tally) {
        BatchScan* const scan = input_->OpenScan();
        ElementBatch batch;
        while (scan != nullptr && scan->NextLabel()) {
            Note(tally.AddOne(Value(), static_cast<int64_t>(CountPlainBlocks(context_, *scan))));
            while (context_.GoOnLong() && scan->Next(batch)) {
                Note(tally.AddOne(Value(), static_cast<int64_t>(batch.places.size())));
            }
        }
    }
};

class LocalTally final : public MapStage {
  public:
    using MapStage::MapStage;

  protected:
    bool Map(const Traverser& traverser, Value& value) override {
        Values items;
        if (!ItemsOf(traverser.value, items)) {
            if (step_.op == Op::kCount) {
                value = Value(int64_t{1});
                return true;
            }
            items = {traverser.value};
        }
        Tally tally(step_.op, context_.query.rules);
        for (const Value& item : items) {
            if (const auto status = tally.AddOne(item, 1); !status) context_.Fail(status.error());
        }
        auto result = tally.Result();
        if (!result || context_.Failed()) return false;
        value = std::move(*result);
        return true;
    }
};

/// fold(), fold(seed, operator)
class Fold final : public BarrierStage {
  public:
    using BarrierStage::BarrierStage;

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!First()) return false;
        Traverser traverser;
        Values items;
        Value folded = step_.values.empty() ? Value() : step_.values[0];
        while (Pull(traverser)) {
            for (int64_t i = 0; i < traverser.bulk && !context_.Failed(); ++i) {
                if (step_.reduce) {
                    auto next = Reduce(*step_.reduce, folded, traverser.value,
                                       OverflowOf(context_.query.rules));
                    if (!next) return Failed(next.error());
                    folded = std::move(*next);
                } else {
                    context_.Hold();
                    items.push_back(traverser.value);
                }
            }
        }
        if (context_.Failed()) return false;
        into.push_back(Fresh(step_.reduce ? std::move(folded) : MakeList(std::move(items))));
        return true;
    }

  private:
    bool Failed(const core::Error& error) {
        context_.Fail(error);
        return false;
    }
};

/// tree(): the paths of all, as branches.
class TreeStage final : public BarrierStage {
  public:
    TreeStage(const plan::Step& step, Context& context)
        : BarrierStage(step, context), by_(step.by, context) {}

  protected:
    bool Gather(std::deque<Traverser>& into) override {
        if (!step_.texts.empty()) return GatherAside(into);
        if (!First()) return false;
        auto tree = std::make_shared<Tree>();
        Traverser traverser;
        while (Pull(traverser)) Grow(*tree, traverser);
        if (context_.Failed()) return false;
        into.push_back(Fresh(Value(std::move(tree))));
        return true;
    }

  private:
    bool GatherAside(std::deque<Traverser>& into) {
        Value& effect = context_.side_effects[step_.texts[0]];
        if (!effect.Is<Ptr<Tree>>()) effect = Value(std::make_shared<Tree>());
        Traverser traverser;
        bool any = false;
        while (Pull(traverser)) {
            any = true;
            // Whoever sees it, the traverser's path perhaps, keeps what was there.
            if (const auto& tree = effect.As<Ptr<Tree>>(); tree.use_count() > 1) {
                effect = Value(Copied(*tree));
            }
            Grow(*effect.As<Ptr<Tree>>(), traverser);
            Stay(traverser);
            into.push_back(std::move(traverser));
        }
        return any;
    }
    static Ptr<Tree> Copied(const Tree& tree) {
        auto copy = std::make_shared<Tree>(tree);
        for (auto& [key, branch] : copy->branches) branch = Copied(*branch);
        return copy;
    }
    void Grow(Tree& tree, const Traverser& traverser) {
        by_.Restart();
        Tree* at = &tree;
        const Ptr<Path> path = ToPath(traverser.path);
        if (path->objects.size() > kMostDepth) return context_.TooDeep();
        for (const Value& object : path->objects) {
            Traverser here = traverser;
            here.value = object;
            Value seen;
            if (!by_.Next(here, seen)) continue;
            at = at->Branch(seen).get();
        }
    }
    Projections by_;
};

}  // namespace

core::Result<Value> Reduce(Operator op, const Value& a, const Value& b, Overflow overflow) {
    switch (op) {
        case Operator::kSum:
        case Operator::kSumLong:
            return AddNumbers(a, b, overflow);
        case Operator::kMinus:
            return SubtractNumbers(a, b, overflow);
        case Operator::kMult:
            return MultiplyNumbers(a, b, overflow);
        case Operator::kDiv:
            return DivideNumbers(a, b, overflow);
        case Operator::kMin:
            return LesserOf(a, b);
        case Operator::kMax:
            return GreaterOf(a, b);
        case Operator::kAssign:
            return b;
        case Operator::kAnd:
        case Operator::kOr:
            if (!a.Is<bool>() || !b.Is<bool>()) {
                return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                                  "and, or need booleans");
            }
            return Value(op == Operator::kAnd ? a.As<bool>() && b.As<bool>()
                                              : a.As<bool>() || b.As<bool>());
        case Operator::kAddAll:
            break;
    }
    if (a.Is<Ptr<graph::Map>>() && b.Is<Ptr<graph::Map>>()) {
        auto both = std::make_shared<graph::Map>(*a.As<Ptr<graph::Map>>());
        for (const auto& [key, value] : b.As<Ptr<graph::Map>>()->Items()) both->Put(key, value);
        return Value(std::move(both));
    }
    Values items, more;
    if (!a.IsNull()) ItemsOf(a, items);
    if (!ItemsOf(b, more)) more = {b};
    if (a.Is<Ptr<Set>>()) {
        auto set = std::make_shared<Set>(*a.As<Ptr<Set>>());
        for (Value& item : more) set->Add(std::move(item));
        return Value(std::move(set));
    }
    if (items.size() + more.size() > kMostItems) return core::Fail(TooLarge());
    items.insert(items.end(), more.begin(), more.end());
    return MakeList(std::move(items));
}

StagePtr MakeReduction(const plan::Step& step, Context& context) {
    if (step.op == Op::kFold) return std::make_unique<Fold>(step, context);
    if (step.op == Op::kTree) return std::make_unique<TreeStage>(step, context);
    if (step.scope == Scope::kLocal) return std::make_unique<LocalTally>(step, context);
    return std::make_unique<GlobalTally>(step, context);
}

}  // namespace gyre::graph::exec
