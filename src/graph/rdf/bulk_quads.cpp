#include "graph/rdf/bulk_quads.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "graph/storage/keys.h"

namespace gyre::graph::rdf {
namespace {

using detail::QuadOrder;
using detail::TermHash;

/// A quad's parts in an order, as one that sorts like its key.
std::array<TermId, 4> InOrder(const QuadOrder& order, const std::array<TermId, 4>& parts) {
    return {parts[order.parts[0]], parts[order.parts[1]], parts[order.parts[2]],
            parts[order.parts[3]]};
}

}  // namespace

size_t BulkQuads::Dictionary::Place(const TermHash& hash) const {
    uint64_t start = 0;
    std::memcpy(&start, hash.data(), sizeof start);
    size_t at = start & (slots_.size() - 1);
    while (slots_[at].id != kNoTerm && slots_[at].hash != hash) at = (at + 1) & (slots_.size() - 1);
    return at;
}

BulkQuads::Dictionary::Slot& BulkQuads::Dictionary::At(const TermHash& hash) {
    if (!slots_.empty()) {
        Slot& slot = slots_[Place(hash)];
        if (slot.id != kNoTerm) return slot;
    }
    if (++used_ * 2 > slots_.size()) {
        const auto old =
            std::exchange(slots_, std::vector<Slot>(std::max<size_t>(slots_.size() * 2, 4096)));
        for (const Slot& slot : old) {
            if (slot.id != kNoTerm) slots_[Place(slot.hash)] = slot;
        }
    }
    Slot& slot = slots_[Place(hash)];
    slot.hash = hash;
    return slot;
}

BulkQuads::BulkQuads(GraphStore& store) : store_(store) {
    Begin();
}

BulkQuads::~BulkQuads() = default;

void BulkQuads::Begin() {
    graph_ = store_.Write();
    known_ = {};  // others may have cleared all in between
    text_.clear();
    terms_.clear();
    quads_.clear();
    small_.clear();
    if (!graph_) return;
    next_ = 1;
    had_terms_ = graph_->Tables().Get(detail::kNextTermKey, bytes_);
    std::string_view rest = bytes_;
    if (had_terms_) std::ignore = ReadVarint(rest, next_);
    had_quads_ = Quads(*graph_).Count() > 0;
}

uint64_t BulkQuads::NextNumber() {
    return next_++;
}

TermId BulkQuads::NewBlank() {
    return MakeId(Tag::kBlank, NextNumber());
}

TermId BulkQuads::Intern(const Term& term) {
    if (const auto id = InlineId(term)) return *id;
    if (term.IsBlank()) return NewBlank();
    const std::string bytes = EncodeTerm(term);
    const TermHash hash = detail::HashOfTerm(bytes);
    Dictionary::Slot& slot = known_.At(hash);
    if (slot.id != kNoTerm) return slot.id;
    uint64_t number = 0;
    if (had_terms_ && graph_->Tables().Get(detail::TermHashKey(hash), bytes_)) {
        std::string_view rest = bytes_;
        std::ignore = ReadVarint(rest, number);
    } else {
        number = NextNumber();
        terms_.push_back({hash, number, text_.size(), bytes.size()});
        text_ += bytes;
    }
    slot.id = MakeId(detail::TagOfTerm(term), number);
    return slot.id;
}

void BulkQuads::Add(const Quad& quad) {
    quads_.push_back({detail::PartsOf(quad), quads_.size()});
}

uint64_t BulkQuads::Bytes() const {
    return known_.Bytes() + text_.capacity() + terms_.capacity() * sizeof(NewTerm) +
           quads_.capacity() * (sizeof(Placed) + sizeof(std::array<TermId, 4>));
}

// Of those that are alike the first stays, unless the store has it.
void BulkQuads::DropDuplicates(const Flushing& flushing) {
    std::ranges::sort(quads_, [](const Placed& a, const Placed& b) {
        return std::tie(a.parts, a.place) < std::tie(b.parts, b.place);
    });
    size_t kept = 0;
    for (size_t i = 0; i < quads_.size(); ++i) {
        const bool again = kept > 0 && quads_[kept - 1].parts == quads_[i].parts;
        if (again) {
            if (flushing.duplicate) flushing.duplicate(quads_[i].place);
            continue;
        }
        quads_[kept++] = quads_[i];
    }
    quads_.resize(kept);
    if (!had_quads_) return;
    std::erase_if(quads_, [&](const Placed& quad) {
        const bool there =
            graph_->Tables().Get(detail::QuadKey(detail::kQuadOrders[0], quad.parts), bytes_);
        if (there && flushing.duplicate) flushing.duplicate(quad.place);
        return there;
    });
}

uint64_t BulkQuads::StoredCount(const std::string& key) {
    uint64_t count = 0;
    if (graph_->Tables().Get(key, bytes_)) {
        std::string_view rest = bytes_;
        std::ignore = ReadVarint(rest, count);
    }
    return count;
}

void BulkQuads::CountQuads() {
    std::unordered_map<TermId, uint64_t> predicates, graphs;
    for (const Placed& quad : quads_) {
        ++predicates[quad.parts[1]];
        ++graphs[quad.parts[3]];
    }
    const auto note = [&](char kind, TermId id, uint64_t more) {
        std::string key = detail::QuadCountKey(kind, id);
        std::string count = detail::NumberBytes(StoredCount(key) + more);
        small_.emplace_back(std::move(key), std::move(count));
    };
    if (!quads_.empty()) note('a', 0, quads_.size());
    for (const auto& [id, more] : predicates) note('p', id, more);
    for (const auto& [id, more] : graphs) note('g', id, more);
}

core::Status BulkQuads::PutSmall(const KvTransaction::PutSorted& put, char table) {
    for (const auto& [key, value] : small_) {
        if (key.front() == table) GYRE_TRY(put(key, value));
    }
    return {};
}

core::Status BulkQuads::PutQuads(const KvTransaction::PutSorted& put, char table) {
    const auto order = std::ranges::find(detail::kQuadOrders, table, &QuadOrder::table);
    std::vector<std::array<TermId, 4>> sorted;
    sorted.reserve(quads_.size());
    for (const Placed& quad : quads_) sorted.push_back(InOrder(*order, quad.parts));
    if (table != keys::kSpog) std::ranges::sort(sorted);
    std::string key;
    for (const auto& parts : sorted) {
        key.assign(1, table);
        for (const TermId part : parts) AppendOrdered(key, part);
        GYRE_TRY(put(key, ""));
    }
    return {};
}

// In the order of the tables' letters.
core::Status BulkQuads::PutAll(const KvTransaction::PutSorted& put) {
    static_assert(keys::kQuadCount < keys::kGspo && keys::kGspo < keys::kLoaded &&
                  keys::kLoaded < keys::kOspg && keys::kOspg < keys::kPosg &&
                  keys::kPosg < keys::kSpog && keys::kSpog < keys::kTerm &&
                  keys::kTerm < keys::kTermId && keys::kTermId < keys::kMeta);
    std::ranges::sort(small_);
    GYRE_TRY(PutSmall(put, keys::kQuadCount));
    GYRE_TRY(PutQuads(put, keys::kGspo));
    GYRE_TRY(PutSmall(put, keys::kLoaded));
    GYRE_TRY(PutQuads(put, keys::kOspg));
    GYRE_TRY(PutQuads(put, keys::kPosg));
    GYRE_TRY(PutQuads(put, keys::kSpog));
    for (const NewTerm& term : terms_) {
        GYRE_TRY(put(keys::One(keys::kTerm, term.number),
                     std::string_view(text_).substr(term.begin, term.size)));
    }
    std::ranges::sort(terms_, {}, &NewTerm::hash);
    for (const NewTerm& term : terms_) {
        GYRE_TRY(put(detail::TermHashKey(term.hash), detail::NumberBytes(term.number)));
    }
    return put(detail::kNextTermKey, detail::NumberBytes(next_));
}

core::Status BulkQuads::Flush(const Flushing& flushing) {
    GYRE_TRY(Finish(flushing));
    Begin();
    if (!graph_) return core::Fail(core::Code::kUnavailable, "the graph has been replaced");
    return {};
}

core::Status BulkQuads::Finish(const Flushing& flushing) {
    DropDuplicates(flushing);
    CountQuads();
    if (flushing.note) {
        flushing.note([&](std::string key, std::string value) {
            small_.emplace_back(std::move(key), std::move(value));
        });
    }
    GYRE_TRY(graph_->Health());
    const auto committed =
        graph_->CommitTables([&](const KvTransaction::PutSorted& put) { return PutAll(put); });
    graph_.reset();
    return committed;
}

}  // namespace gyre::graph::rdf
