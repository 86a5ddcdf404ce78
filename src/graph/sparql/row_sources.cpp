// Sources that take rows one by one, and solution modifiers.
#include <algorithm>
#include <unordered_set>

#include "graph/sparql/compare.h"
#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

class Filtering final : public Source {
  public:
    Filtering(Run& run, SourcePtr of, std::vector<Computation> conditions)
        : run_(run), of_(std::move(of)), conditions_(std::move(conditions)) {}
    void Open(const TermId* seed) override { of_->Open(seed); }
    bool Next(TermId* row) override {
        while (of_->Next(row)) {
            run_.NextRow();
            if (std::ranges::all_of(conditions_,
                                    [&](Computation& one) { return one.Holds(row); })) {
                return !run_.budget.Failed();
            }
        }
        return false;
    }

  private:
    Run& run_;
    const SourcePtr of_;
    std::vector<Computation> conditions_;
};

class Extending final : public Source {
  public:
    Extending(Run& run, SourcePtr of, std::vector<std::pair<Slot, Computation>> values)
        : run_(run), of_(std::move(of)), values_(std::move(values)) {}
    void Open(const TermId* seed) override { of_->Open(seed); }
    bool Next(TermId* row) override {
        if (!of_->Next(row)) return false;
        run_.NextRow();
        for (auto& [slot, value] : values_) row[slot] = run_.IdOf(value.In(row));
        return !run_.budget.Failed();
    }

  private:
    Run& run_;
    const SourcePtr of_;
    std::vector<std::pair<Slot, Computation>> values_;
};

class Distinct final : public Source {
  public:
    Distinct(Run& run, SourcePtr of, std::vector<Slot> columns)
        : run_(run), of_(std::move(of)), columns_(std::move(columns)) {}
    void Open(const TermId* seed) override {
        of_->Open(seed);
        run_.budget.Release(seen_.size());
        seen_.clear();
    }
    bool Next(TermId* row) override {
        std::string key;
        while (of_->Next(row)) {
            key.clear();
            for (const Slot slot : columns_) AppendVarint(key, row[slot]);
            if (!seen_.insert(key).second) continue;
            run_.budget.Hold();
            return true;
        }
        return false;
    }

  private:
    Run& run_;
    const SourcePtr of_;
    const std::vector<Slot> columns_;
    std::unordered_set<std::string> seen_;
};

class Projecting final : public Source {
  public:
    Projecting(size_t width, SourcePtr of, const std::vector<Slot>& columns)
        : of_(std::move(of)), kept_(width) {
        for (const Slot slot : columns) kept_[slot] = true;
    }
    void Open(const TermId* seed) override { of_->Open(seed); }
    bool Next(TermId* row) override {
        if (!of_->Next(row)) return false;
        for (size_t i = 0; i < kept_.size(); ++i) {
            if (!kept_[i]) row[i] = rdf::kNoTerm;
        }
        return true;
    }

  private:
    const SourcePtr of_;
    std::vector<bool> kept_;
};

class Slice final : public Source {
  public:
    Slice(SourcePtr of, uint64_t offset, std::optional<uint64_t> limit)
        : of_(std::move(of)), offset_(offset), limit_(limit) {}
    void Open(const TermId* seed) override {
        of_->Open(seed);
        skip_ = offset_;
        left_ = limit_.value_or(UINT64_MAX);
    }
    bool Next(TermId* row) override {
        if (left_ == 0) return false;
        for (; skip_ > 0; --skip_) {
            if (!of_->Next(row)) return false;
        }
        --left_;
        return of_->Next(row);
    }

  private:
    const SourcePtr of_;
    const uint64_t offset_;
    const std::optional<uint64_t> limit_;
    uint64_t skip_ = 0, left_ = 0;
};

/// Where only the first few are wanted, it holds no more than those.
class Ordering final : public Source {
  public:
    Ordering(Run& run, size_t width, SourcePtr of, std::vector<std::pair<Computation, bool>> keys,
             std::optional<uint64_t> limit)
        : run_(run),
          width_(width),
          of_(std::move(of)),
          keys_(std::move(keys)),
          limit_(limit.value_or(UINT64_MAX)) {}

    void Open(const TermId* seed) override {
        of_->Open(seed);
        run_.budget.Release(rows_.size());
        rows_.clear();
        gathered_ = false;
        at_ = 0;
    }
    bool Next(TermId* row) override {
        if (!gathered_) Gather();
        if (at_ >= rows_.size() || run_.budget.Failed()) return false;
        std::ranges::copy(rows_[at_++].row, row);
        return true;
    }

  private:
    struct Entry {
        std::vector<TermId> row;
        std::vector<Value> keys;
        uint64_t number = 0;  ///< rows that are alike stay in their order
    };
    bool Before(const Entry& a, const Entry& b) const {
        for (size_t i = 0; i < keys_.size(); ++i) {
            const auto order = OrderOf(a.keys[i], b.keys[i]);
            if (order != 0) return keys_[i].second ? order > 0 : order < 0;
        }
        return a.number < b.number;
    }
    void Gather() {
        gathered_ = true;
        if (limit_ == 0) return;
        const auto before = [this](const Entry& a, const Entry& b) { return Before(a, b); };
        std::vector<TermId> row(width_);
        uint64_t number = 0;
        while (of_->Next(row.data())) {
            Entry entry{row, {}, ++number};
            run_.NextRow();
            for (auto& [key, descending] : keys_) entry.keys.push_back(key.In(row.data()));
            if (rows_.size() < limit_) {
                run_.budget.Hold();
                rows_.push_back(std::move(entry));
                if (rows_.size() == limit_) std::ranges::make_heap(rows_, before);
            } else if (Before(entry, rows_.front())) {
                std::ranges::pop_heap(rows_, before);
                rows_.back() = std::move(entry);
                std::ranges::push_heap(rows_, before);
            }
        }
        std::ranges::sort(rows_, before);
    }

    Run& run_;
    const size_t width_;
    const SourcePtr of_;
    std::vector<std::pair<Computation, bool>> keys_;
    const uint64_t limit_;
    std::vector<Entry> rows_;
    bool gathered_ = false;
    size_t at_ = 0;
};

}  // namespace

SourcePtr FilterSource(Run& run, SourcePtr of, std::vector<Computation> conditions) {
    return std::make_unique<Filtering>(run, std::move(of), std::move(conditions));
}
SourcePtr ExtendSource(Run& run, SourcePtr of, std::vector<std::pair<Slot, Computation>> values) {
    return std::make_unique<Extending>(run, std::move(of), std::move(values));
}
SourcePtr DistinctSource(Run& run, SourcePtr of, std::vector<Slot> columns) {
    return std::make_unique<Distinct>(run, std::move(of), std::move(columns));
}
SourcePtr ProjectSource(size_t width, SourcePtr of, const std::vector<Slot>& columns) {
    return std::make_unique<Projecting>(width, std::move(of), columns);
}
SourcePtr SliceSource(SourcePtr of, uint64_t offset, std::optional<uint64_t> limit) {
    return std::make_unique<Slice>(std::move(of), offset, limit);
}
SourcePtr OrderSource(Run& run, size_t width, SourcePtr of,
                      std::vector<std::pair<Computation, bool>> keys,
                      std::optional<uint64_t> limit) {
    return std::make_unique<Ordering>(run, width, std::move(of), std::move(keys), limit);
}

}  // namespace gyre::graph::sparql
