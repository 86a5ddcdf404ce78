// Joins, optional parts and differences.
#include <algorithm>

#include "graph/sparql/matcher.h"

namespace gyre::graph::sparql {
namespace {

void Merge(const std::vector<Slot>& columns, const TermId* right, TermId* row) {
    for (const Slot slot : columns) {
        if (right[slot] != rdf::kNoTerm) row[slot] = right[slot];
    }
}

class Joining final : public Source {
  public:
    Joining(Run& run, size_t width, SourcePtr left, const SlotSet& left_binds, RightSide right,
            const SlotSet& outer)
        : width_(width),
          left_(std::move(left)),
          matcher_(run, width, std::move(right), left_binds),
          outer_(outer.begin(), outer.end()),
          left_row_(width),
          right_row_(width),
          seed_(width) {}

    void Open(const TermId* seed) override {
        seed_.assign(seed, seed + width_);
        left_->Open(seed);
        matching_ = false;
    }
    bool Next(TermId* row) override {
        while (true) {
            while (matching_ && matcher_.Next(right_row_.data())) {
                std::ranges::copy(left_row_, row);
                Merge(matcher_.Columns(), right_row_.data(), row);
                return true;
            }
            if (!left_->Next(left_row_.data())) return false;
            matching_ = WithSeed();
            if (matching_) matcher_.Find(left_row_.data());
        }
    }

  private:
    /// What the whole is sought by, the right side is too. False where the row does not agree.
    bool WithSeed() {
        for (const Slot slot : outer_) {
            if (seed_[slot] == rdf::kNoTerm) continue;
            if (left_row_[slot] != rdf::kNoTerm && left_row_[slot] != seed_[slot]) return false;
            left_row_[slot] = seed_[slot];
        }
        return true;
    }

    const size_t width_;
    const SourcePtr left_;
    Matcher matcher_;
    const std::vector<Slot> outer_;
    std::vector<TermId> left_row_, right_row_, seed_;
    bool matching_ = false;
};

class LeftJoining final : public Source {
  public:
    LeftJoining(Run& run, size_t width, SourcePtr left, const SlotSet& left_binds, RightSide right,
                std::vector<Computation> conditions)
        : left_(std::move(left)),
          matcher_(run, width, std::move(right), left_binds),
          conditions_(std::move(conditions)),
          left_row_(width),
          right_row_(width) {}

    void Open(const TermId* seed) override {
        left_->Open(seed);
        matching_ = false;
    }
    bool Next(TermId* row) override {
        while (true) {
            if (!matching_) {
                if (!left_->Next(left_row_.data())) return false;
                matcher_.Find(left_row_.data());
                matching_ = true;
                matched_ = false;
            }
            while (matcher_.Next(right_row_.data())) {
                std::ranges::copy(left_row_, row);
                Merge(matcher_.Columns(), right_row_.data(), row);
                if (!Hold(row)) continue;
                matched_ = true;
                return true;
            }
            matching_ = false;
            if (matched_) continue;
            std::ranges::copy(left_row_, row);
            return true;
        }
    }

  private:
    bool Hold(const TermId* row) {
        return std::ranges::all_of(conditions_, [&](Computation& one) { return one.Holds(row); });
    }

    const SourcePtr left_;
    Matcher matcher_;
    std::vector<Computation> conditions_;
    std::vector<TermId> left_row_, right_row_;
    bool matching_ = false;
    bool matched_ = false;
};

class Difference final : public Source {
  public:
    Difference(Run& run, size_t width, SourcePtr left, const SlotSet& left_binds, RightSide right)
        : left_(std::move(left)),
          matcher_(run, width, std::move(right), left_binds),
          right_row_(width) {}

    void Open(const TermId* seed) override { left_->Open(seed); }
    bool Next(TermId* row) override {
        while (left_->Next(row)) {
            if (!Removed(row)) return true;
        }
        return false;
    }

  private:
    /// A row that has nothing in common with it takes nothing away.
    bool Removed(const TermId* row) {
        matcher_.Find(row);
        while (matcher_.Next(right_row_.data())) {
            for (const Slot slot : matcher_.Shared()) {
                if (row[slot] != rdf::kNoTerm && right_row_[slot] != rdf::kNoTerm) return true;
            }
        }
        return false;
    }

    const SourcePtr left_;
    Matcher matcher_;
    std::vector<TermId> right_row_;
};

}  // namespace

SourcePtr JoinSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds, RightSide right,
                     SlotSet outer) {
    return std::make_unique<Joining>(run, width, std::move(left), left_binds, std::move(right),
                                     outer);
}

SourcePtr LeftJoinSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds,
                         RightSide right, std::vector<Computation> conditions) {
    return std::make_unique<LeftJoining>(run, width, std::move(left), left_binds, std::move(right),
                                         std::move(conditions));
}

SourcePtr MinusSource(Run& run, size_t width, SourcePtr left, SlotSet left_binds, RightSide right) {
    return std::make_unique<Difference>(run, width, std::move(left), left_binds, std::move(right));
}

}  // namespace gyre::graph::sparql
