#include "graph/sparql/matcher.h"

#include <algorithm>
#include <bit>

namespace gyre::graph::sparql {
namespace {

/// So many rows are read in the time that one is sought in.
constexpr double kRowsForSeek = 8;
/// So often it is sought, whatever was estimated.
constexpr double kLeastSeeks = 500;

}  // namespace

Matcher::Matcher(Run& run, size_t width, RightSide right, const SlotSet& left_binds)
    : run_(run), width_(width), right_(std::move(right)), seed_(width) {
    columns_.assign(right_.possible.begin(), right_.possible.end());
    const SlotSet shared = Intersection(right_.possible, left_binds);
    shared_.assign(shared.begin(), shared.end());
    const SlotSet seeds = Intersection(right_.certain, left_binds);
    seeds_.assign(seeds.begin(), seeds.end());
}

bool Matcher::WantsTable() {
    if (!right_.keeps) return false;
    if (filled_ && filled_for_ == right_.active->named) return true;
    if (seeds_.empty() || !right_.seekable) return true;
    const double worth = std::max(kLeastSeeks, right_.estimate / kRowsForSeek);
    return ++probes_ > worth;
}

uint64_t Matcher::HashOf(const TermId* values) const {
    uint64_t hash = 0;
    for (const size_t key : keys_) {
        hash = (hash ^ values[key]) * 0x9E3779B97F4A7C15ULL;
        hash ^= hash >> 29;
    }
    return hash;
}

// The keys are known only when all rows are: what every row of the table binds.
void Matcher::Fill() {
    filled_ = true;
    filled_for_ = right_.active->named;
    table_.clear();
    const SourcePtr all = right_.build({});
    std::vector<TermId> row(width_);
    all->Open(row.data());
    std::vector<bool> bound(columns_.size(), true);
    size_t rows = 0;
    while (run_.budget.GoOn() && all->Next(row.data())) {
        run_.budget.Hold();
        ++rows;
        for (size_t i = 0; i < columns_.size(); ++i) {
            table_.push_back(row[columns_[i]]);
            if (row[columns_[i]] == rdf::kNoTerm) bound[i] = false;
        }
    }
    keys_.clear();
    for (size_t i = 0; i < columns_.size(); ++i) {
        const bool shared = std::ranges::find(shared_, columns_[i]) != shared_.end();
        if (shared && bound[i]) keys_.push_back(i);
    }
    next_.assign(rows + 1, 0);
    buckets_.assign(std::bit_ceil(rows + 1), 0);
    for (size_t i = rows; i > 0; --i) {
        uint32_t& bucket =
            buckets_[HashOf(table_.data() + (i - 1) * columns_.size()) & (buckets_.size() - 1)];
        next_[i] = std::exchange(bucket, static_cast<uint32_t>(i));
    }
}

void Matcher::Find(const TermId* left) {
    left_ = left;
    from_table_ = WantsTable();
    if (from_table_) {
        if (!filled_ || filled_for_ != right_.active->named) Fill();
        std::vector<TermId>& values = seed_;
        values.resize(std::max(width_, columns_.size()));
        by_hash_ = !keys_.empty();
        for (const size_t key : keys_) {
            values[key] = left[columns_[key]];
            if (values[key] == rdf::kNoTerm) by_hash_ = false;
        }
        at_ = by_hash_ ? buckets_[HashOf(values.data()) & (buckets_.size() - 1)]
                       : (next_.size() > 1 ? 1 : 0);
        return;
    }
    if (!sought_) sought_ = right_.build(SlotSet(seeds_.begin(), seeds_.end()));
    seed_.assign(width_, rdf::kNoTerm);
    for (const Slot slot : seeds_) seed_[slot] = left[slot];
    sought_->Open(seed_.data());
}

void Matcher::Row(size_t index, TermId* right) const {
    std::fill_n(right, width_, rdf::kNoTerm);
    const TermId* values = table_.data() + (index - 1) * columns_.size();
    for (size_t i = 0; i < columns_.size(); ++i) right[columns_[i]] = values[i];
}

bool Matcher::AgreesWith(const TermId* right) const {
    return std::ranges::all_of(shared_, [&](Slot slot) {
        return left_[slot] == rdf::kNoTerm || right[slot] == rdf::kNoTerm ||
               left_[slot] == right[slot];
    });
}

bool Matcher::Next(TermId* right) {
    if (!from_table_) {
        while (run_.budget.GoOn() && sought_->Next(right)) {
            if (AgreesWith(right)) return true;
        }
        return false;
    }
    while (at_ != 0 && run_.budget.GoOn()) {
        Row(at_, right);
        at_ = by_hash_ ? next_[at_] : (at_ + 1 < next_.size() ? at_ + 1 : 0);
        if (AgreesWith(right)) return true;
    }
    return false;
}

}  // namespace gyre::graph::sparql
