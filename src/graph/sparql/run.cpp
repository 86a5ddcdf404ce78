#include "graph/sparql/run.h"

#include <algorithm>

namespace gyre::graph::sparql {
namespace {

/// Terms that are kept as they were read: more, and they are read again.
constexpr size_t kMostKept = 1 << 16;
const std::vector<TermId> kNoGraphs;

bool Contains(const std::vector<TermId>& graphs, TermId graph) {
    return std::ranges::find(graphs, graph) != graphs.end();
}

}  // namespace

bool Dataset::Named(TermId graph) const {
    return named ? Contains(*named, graph) : graph != hidden;
}

bool TripleScan::Next(rdf::Quad& quad) {
    while (scan_.Next(quad)) {
        if (among_ != nullptr && !Contains(*among_, quad.graph)) continue;
        if (distinct_) {
            if (quad.subject == last_.subject && quad.predicate == last_.predicate &&
                quad.object == last_.object) {
                continue;
            }
            last_ = quad;
        }
        return true;
    }
    return false;
}

TermId Run::IdOf(const Term& term) {
    if (const auto id = rdf::InlineId(term)) return *id;
    if (term.IsBlank()) return quads.Find(term).value_or(rdf::kNoTerm);
    std::string bytes = rdf::EncodeTerm(term);
    if (const auto known = ids_.find(bytes); known != ids_.end()) return known->second;
    budget.Hold();
    TermId id = rdf::kNoTerm;
    if (const auto stored = quads.Find(term)) {
        id = *stored;
    } else {
        own_.push_back(term);
        id = rdf::MakeId(term.IsIri() ? rdf::Tag::kOwnIri : rdf::Tag::kOwnLiteral, own_.size() - 1);
    }
    ids_.emplace(std::move(bytes), id);
    return id;
}

TermId Run::IdOf(const Value& value) {
    if (value.id != rdf::kNoTerm || value.IsError()) return value.id;
    return IdOf(ToTerm(value));
}

std::shared_ptr<const Term> Run::TermOf(TermId id) {
    if (const auto kept = terms_.find(id); kept != terms_.end()) return kept->second;
    const bool own = rdf::IsOwn(id) && !rdf::IsBlank(id);
    auto term = std::make_shared<const Term>(own ? own_[rdf::NumberOf(id)] : quads.Read(id));
    if (terms_.size() >= kMostKept) terms_.clear();
    terms_.emplace(id, term);
    return term;
}

Value Run::ValueOf(TermId id) {
    if (id == rdf::kNoTerm) return {};
    if (rdf::TagOf(id) == rdf::Tag::kInteger) return IntegerValue(rdf::IntegerOf(id));
    if (rdf::TagOf(id) == rdf::Tag::kBoolean) return BooleanValue(rdf::NumberOf(id) != 0);
    Value value = ToValue(*TermOf(id));
    value.id = id;
    return value;
}

TermId Run::BlankFor(const std::string& label) {
    const auto [entry, added] = row_blanks_.emplace(label, rdf::kNoTerm);
    if (added) entry->second = NewBlank();
    return entry->second;
}

TripleScan Run::Scan(rdf::Quad wanted, const ActiveGraph& active) {
    if (active.named != rdf::kNoTerm) {
        wanted.graph = active.named;
        const bool there = dataset.Named(active.named);
        return {quads.Scan(wanted), there ? nullptr : &kNoGraphs, false};
    }
    if (!dataset.defaults) return {quads.Scan(wanted), nullptr, true};
    if (dataset.defaults->size() == 1) {
        wanted.graph = dataset.defaults->front();
        return {quads.Scan(wanted), nullptr, false};
    }
    return {quads.Scan(wanted), &*dataset.defaults, true};
}

TripleScan Run::ScanNamed(const rdf::Quad& wanted) {
    if (dataset.named) return {quads.Scan(wanted), &*dataset.named, false};
    if (dataset.hidden == rdf::kNoTerm) return {quads.Scan(wanted), nullptr, false};
    if (!dataset.named) dataset.named = NamedGraphs();
    return {quads.Scan(wanted), &*dataset.named, false};
}

std::vector<TermId> Run::NamedGraphs() {
    if (dataset.named) return *dataset.named;
    std::vector<TermId> graphs = quads.Graphs();
    std::erase(graphs, dataset.hidden);
    return graphs;
}

}  // namespace gyre::graph::sparql
