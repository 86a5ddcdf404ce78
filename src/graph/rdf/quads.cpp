#include "graph/rdf/quads.h"

#include <algorithm>
#include <utility>

#include "graph/rdf/detail/quad_keys.h"
#include "graph/storage/keys.h"

namespace gyre::graph::rdf {
namespace {

using detail::kNextTermKey;
using detail::kQuadOrders;
using detail::NumberBytes;
using detail::PartsOf;
using detail::QuadCountKey;
using detail::QuadKey;
using detail::QuadOrder;
using detail::TagOfTerm;

std::string KeyOfTerm(std::string_view bytes) {
    return detail::TermHashKey(detail::HashOfTerm(bytes));
}

}  // namespace

bool QuadScan::Next(Quad& quad) {
    while (cursor_->Next()) {
        std::string_view key = cursor_->Key().substr(1);
        std::array<TermId, 4> in_key{};
        bool whole = true;
        for (TermId& id : in_key) whole = whole && ReadOrdered(key, id);
        if (!whole) continue;
        quad = {in_key[places_[0]], in_key[places_[1]], in_key[places_[2]], in_key[places_[3]]};
        const auto fits = [](TermId wanted, TermId has) {
            return wanted == kNoTerm || wanted == has;
        };
        if (fits(wanted_.subject, quad.subject) && fits(wanted_.predicate, quad.predicate) &&
            fits(wanted_.object, quad.object) && fits(wanted_.graph, quad.graph)) {
            return true;
        }
    }
    return false;
}

std::optional<TermId> Quads::Find(const Term& term) {
    if (const auto id = InlineId(term)) return id;
    if (term.IsBlank()) {
        uint64_t number = 0;
        const char* end = term.text.data() + term.text.size();
        if (term.text.size() < 2 || term.text.front() != 'b') return std::nullopt;
        const auto [at, error] = std::from_chars(term.text.data() + 1, end, number);
        if (error != std::errc() || at != end) return std::nullopt;
        return MakeId(Tag::kBlank, number);
    }
    if (!tables_.Get(KeyOfTerm(EncodeTerm(term)), value_)) return std::nullopt;
    std::string_view rest = value_;
    uint64_t number = 0;
    if (!ReadVarint(rest, number)) return std::nullopt;
    return MakeId(TagOfTerm(term), number);
}

Term Quads::Read(TermId id) {
    if (auto term = InlineTerm(id)) return *std::move(term);
    Term term;
    if (tables_.Get(keys::One(keys::kTerm, NumberOf(id)), value_)) {
        if (DecodeTerm(value_, term)) return term;
    }
    return {};
}

// An index whose first parts are those that are known. Where the graph is known and the subject is
// not, either the graph is read through or the index that leaves the graph for last.
QuadScan Quads::Scan(const Quad& wanted) {
    const bool s = wanted.subject != kNoTerm, p = wanted.predicate != kNoTerm,
               o = wanted.object != kNoTerm, g = wanted.graph != kNoTerm;
    size_t chosen = 0;
    if (s && o && !p) {
        chosen = 2;
    } else if (s) {
        chosen = g && !o ? 3 : 0;
    } else if (p && o) {
        chosen = 1;
    } else if (o) {
        chosen = 2;
    } else if (p) {
        chosen = g && CountGraph(wanted.graph) < CountPredicate(wanted.predicate) ? 3 : 1;
    } else if (g) {
        chosen = 3;
    }
    const QuadOrder& order = kQuadOrders[chosen];
    const auto parts = PartsOf(wanted);
    std::string prefix(1, order.table);
    std::array<uint8_t, 4> places{};
    bool known = true;
    for (uint8_t place = 0; place < 4; ++place) {
        const uint8_t part = order.parts[place];
        places[part] = place;
        known = known && parts[part] != kNoTerm;
        if (known) AppendOrdered(prefix, parts[part]);
    }
    return {tables_.Scan(prefix), places, wanted};
}

bool Quads::Has(const Quad& quad) {
    return tables_.Get(QuadKey(kQuadOrders[0], PartsOf(quad)), value_);
}

uint64_t Quads::ReadCount(const std::string& key) {
    uint64_t count = 0;
    if (tables_.Get(key, value_)) {
        std::string_view rest = value_;
        std::ignore = ReadVarint(rest, count);
    }
    const auto change = count_changes_.find(key);
    return change == count_changes_.end() ? count : count + static_cast<uint64_t>(change->second);
}

uint64_t Quads::Count() {
    return ReadCount(QuadCountKey('a', 0));
}

uint64_t Quads::CountPredicate(TermId predicate) {
    return ReadCount(QuadCountKey('p', predicate));
}

uint64_t Quads::CountGraph(TermId graph) {
    return ReadCount(QuadCountKey('g', graph));
}

std::vector<std::pair<TermId, uint64_t>> Quads::Counts(char kind) {
    if (!count_changes_.empty()) Flush();
    std::vector<std::pair<TermId, uint64_t>> counts;
    const auto cursor = tables_.Scan(std::string{keys::kQuadCount, kind});
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(2), value = cursor->Value();
        std::pair<TermId, uint64_t> one;
        if (ReadOrdered(key, one.first) && ReadVarint(value, one.second)) counts.push_back(one);
    }
    return counts;
}

std::vector<TermId> Quads::Graphs() {
    std::vector<TermId> graphs;
    for (const auto& [graph, count] : Counts('g')) graphs.push_back(graph);
    return graphs;
}

std::vector<std::pair<TermId, uint64_t>> Quads::Predicates() {
    return Counts('p');
}

uint64_t Quads::Terms() {
    uint64_t next = next_.value_or(1);
    if (!next_ && tables_.Get(kNextTermKey, value_)) {
        std::string_view rest = value_;
        std::ignore = ReadVarint(rest, next);
    }
    return next - 1;
}

// Numbers are never used again, not even when all is cleared: who has seen one in an older snapshot
// is not deceived.
uint64_t Quads::NextNumber() {
    if (!next_) {
        next_ = 1;
        if (tables_.Get(kNextTermKey, value_)) {
            std::string_view rest = value_;
            std::ignore = ReadVarint(rest, *next_);
        }
    }
    return (*next_)++;
}

void Quads::TakeNumber(uint64_t number) {
    if (!next_) next_ = NextNumber();
    next_ = std::max(*next_, number + 1);
}

TermId Quads::NewBlank() {
    return MakeId(Tag::kBlank, NextNumber());
}

TermId Quads::Intern(const Term& term) {
    if (const auto id = Find(term)) return *id;
    if (term.IsBlank()) return NewBlank();
    const uint64_t number = NextNumber();
    const std::string bytes = EncodeTerm(term);
    tables_.Put(KeyOfTerm(bytes), NumberBytes(number));
    tables_.Put(keys::One(keys::kTerm, number), bytes);
    return MakeId(TagOfTerm(term), number);
}

std::string Quads::Line(const Quad& quad) {
    std::string line;
    for (const TermId part : PartsOf(quad)) {
        AppendNTriples(line, Read(part));
        line += ' ';
    }
    return line += ".\n";
}

void Quads::Note(const Quad& quad, int64_t by) {
    graph_.NoteQuad([&] { return Line(quad); }, by < 0);
    count_changes_[QuadCountKey('a', 0)] += by;
    count_changes_[QuadCountKey('p', quad.predicate)] += by;
    count_changes_[QuadCountKey('g', quad.graph)] += by;
}

bool Quads::Add(const Quad& quad) {
    if (Has(quad)) return false;
    const auto parts = PartsOf(quad);
    for (const QuadOrder& order : kQuadOrders) tables_.Put(QuadKey(order, parts), "");
    Note(quad, 1);
    return true;
}

bool Quads::Remove(const Quad& quad) {
    if (!Has(quad)) return false;
    const auto parts = PartsOf(quad);
    for (const QuadOrder& order : kQuadOrders) tables_.Delete(QuadKey(order, parts));
    Note(quad, -1);
    return true;
}

void Quads::Clear() {
    for (const char table : keys::kRdfTables) tables_.DeleteTable(table);
}

void Quads::Flush() {
    for (const auto& [key, change] : std::exchange(count_changes_, {})) {
        if (change == 0) continue;
        const uint64_t count = ReadCount(key) + static_cast<uint64_t>(change);
        if (count == 0) {
            tables_.Delete(key);
        } else {
            tables_.Put(key, NumberBytes(count));
        }
    }
    if (next_) tables_.Put(kNextTermKey, NumberBytes(*next_));
}

}  // namespace gyre::graph::rdf
