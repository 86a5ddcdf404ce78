// GROUP BY and aggregates.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "graph/sparql/compare.h"
#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

/// One aggregate of one group, as far as its rows have been seen.
class Accumulator {
  public:
    explicit Accumulator(const Aggregate& aggregate) : aggregate_(&aggregate) {}

    void Take(Run& run, Computation* of, const TermId* row, const std::string& whole_row) {
        if (of == nullptr) {  // COUNT(*)
            if (!aggregate_->distinct || IsNew(run, whole_row)) ++count_;
            return;
        }
        Value value = of->In(row);
        if (value.IsError()) {
            failed_ = true;
            return;
        }
        if (aggregate_->distinct) {
            value.id = run.IdOf(value);
            std::string key;
            AppendVarint(key, value.id);
            if (!IsNew(run, key)) return;
        }
        Add(run, std::move(value));
    }

    [[nodiscard]] Value Result() const {
        switch (aggregate_->kind) {
            case AggregateKind::kCount:
                return IntegerValue(static_cast<WideInteger>(count_));
            case AggregateKind::kSample:
                return value_;
            case AggregateKind::kMin:
            case AggregateKind::kMax:
                return failed_ ? Value() : value_;
            case AggregateKind::kSum:
                if (failed_) return {};
                return count_ == 0 ? IntegerValue(0) : value_;
            case AggregateKind::kAvg:
                if (failed_) return {};
                if (count_ == 0) return IntegerValue(0);
                return Calculate(Arithmetic::kDivide, value_,
                                 IntegerValue(static_cast<WideInteger>(count_)));
            case AggregateKind::kGroupConcat:
                return failed_ ? Value() : StringValue(text_);
        }
        return {};
    }

  private:
    bool IsNew(Run& run, const std::string& key) {
        if (!seen_) seen_ = std::make_unique<std::unordered_set<std::string>>();
        if (!seen_->insert(key).second) return false;
        run.budget.Hold();
        return true;
    }

    void Add(Run& run, Value value) {
        switch (aggregate_->kind) {
            case AggregateKind::kCount:
                break;
            case AggregateKind::kSample:
                if (value_.IsError()) value_ = std::move(value);
                break;
            case AggregateKind::kMin:
                if (count_ == 0 || OrderOf(value, value_) < 0) value_ = std::move(value);
                break;
            case AggregateKind::kMax:
                if (count_ == 0 || OrderOf(value, value_) > 0) value_ = std::move(value);
                break;
            case AggregateKind::kSum:
            case AggregateKind::kAvg:
                value_ = Calculate(Arithmetic::kAdd, count_ == 0 ? IntegerValue(0) : value_, value);
                if (value_.IsError()) failed_ = true;
                break;
            case AggregateKind::kGroupConcat:
                if (!value.IsLiteral() && value.kind != Value::Kind::kIri) {
                    failed_ = true;
                    break;
                }
                if (!exec::Append(text_, count_ > 0 ? aggregate_->separator : "") ||
                    !exec::Append(text_, LexicalForm(value))) {
                    run.budget.Fail(exec::TooLarge());
                }
                break;
        }
        ++count_;
    }

    const Aggregate* aggregate_;
    uint64_t count_ = 0;
    bool failed_ = false;
    Value value_;
    std::string text_;
    std::unique_ptr<std::unordered_set<std::string>> seen_;  ///< of a DISTINCT one
};

class Grouping final : public Source {
  public:
    Grouping(Run& run, size_t width, SourcePtr of, std::vector<Slot> keys,
             const std::vector<Aggregate>& aggregates, bool one_at_least, Builder& builder)
        : run_(run),
          width_(width),
          of_(std::move(of)),
          keys_(std::move(keys)),
          aggregates_(aggregates),
          one_at_least_(one_at_least) {
        for (const Aggregate& aggregate : aggregates) {
            arguments_.push_back(
                aggregate.of ? std::make_unique<Computation>(*aggregate.of, builder) : nullptr);
        }
    }

    void Open(const TermId* seed) override {
        of_->Open(seed);
        groups_.clear();
        index_.clear();
        gathered_ = false;
        at_ = 0;
    }
    bool Next(TermId* row) override {
        if (!gathered_) Gather();
        if (at_ >= groups_.size() || run_.budget.Failed()) return false;
        const Group& group = groups_[at_++];
        std::fill_n(row, width_, rdf::kNoTerm);
        for (size_t i = 0; i < keys_.size(); ++i) row[keys_[i]] = group.keys[i];
        for (size_t i = 0; i < aggregates_.size(); ++i) {
            row[aggregates_[i].into] = run_.IdOf(group.aggregates[i].Result());
        }
        return true;
    }

  private:
    struct Group {
        std::vector<TermId> keys;
        std::vector<Accumulator> aggregates;
    };

    Group& Add(const TermId* row) {
        run_.budget.Hold();
        Group group;
        for (const Slot key : keys_) {
            group.keys.push_back(row == nullptr ? rdf::kNoTerm : row[key]);
        }
        for (const Aggregate& aggregate : aggregates_) group.aggregates.emplace_back(aggregate);
        return groups_.emplace_back(std::move(group));
    }
    void Gather() {
        gathered_ = true;
        std::vector<TermId> row(width_);
        std::string key, whole;
        const bool rows_count = std::ranges::any_of(
            aggregates_, [](const Aggregate& one) { return !one.of && one.distinct; });
        while (of_->Next(row.data())) {
            run_.NextRow();
            key.clear();
            for (const Slot slot : keys_) AppendVarint(key, row[slot]);
            const auto [entry, added] = index_.emplace(key, groups_.size());
            if (added) Add(row.data());
            if (rows_count) {
                whole.clear();
                for (const TermId id : row) AppendVarint(whole, id);
            }
            Group& group = groups_[entry->second];
            for (size_t i = 0; i < aggregates_.size(); ++i) {
                group.aggregates[i].Take(run_, arguments_[i].get(), row.data(), whole);
            }
        }
        if (groups_.empty() && one_at_least_) Add(nullptr);
    }

    Run& run_;
    const size_t width_;
    const SourcePtr of_;
    const std::vector<Slot> keys_;
    const std::vector<Aggregate>& aggregates_;
    std::vector<std::unique_ptr<Computation>> arguments_;
    const bool one_at_least_;
    std::vector<Group> groups_;
    std::unordered_map<std::string, size_t> index_;
    bool gathered_ = false;
    size_t at_ = 0;
};

}  // namespace

SourcePtr GroupSource(Run& run, size_t width, SourcePtr of, std::vector<Slot> keys,
                      const std::vector<Aggregate>& aggregates, bool one_at_least,
                      Builder& builder) {
    return std::make_unique<Grouping>(run, width, std::move(of), std::move(keys), aggregates,
                                      one_at_least, builder);
}

}  // namespace gyre::graph::sparql
