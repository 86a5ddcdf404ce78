#include "graph/sparql/answer.h"

#include <algorithm>
#include <unordered_set>

#include "graph/sparql/dataset.h"
#include "graph/sparql/explanation.h"
#include "graph/sparql/source.h"

namespace gyre::graph::sparql {
namespace {

std::vector<TermId> Ids(Run& run, const std::vector<std::string>& iris) {
    std::vector<TermId> ids;
    for (const std::string& iri : iris) {
        const TermId id = run.IdOf(rdf::Iri(iri));
        if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
    }
    return ids;
}

/// A query in its snapshot.
class Reading {
  public:
    Reading(GraphStore& store, const Query& query, const Limits& limits)
        : graph_(store.Read()),
          quads_(*graph_),
          budget_(*graph_, none_, limits.clock, limits.cancel, limits.limits),
          run_(quads_, budget_) {
        run_.base = query.base;
        run_.outside = limits.outside;
        run_.dataset = MakeDataset(run_, limits.dataset.Given() ? limits.dataset : query.dataset,
                                   limits.default_graph);
    }
    Run& Running() { return run_; }
    /// What it failed with.
    core::Status Outcome() {
        if (budget_.Failed()) return core::Fail(budget_.Failure());
        return graph_->Health();
    }

  private:
    const std::unique_ptr<Transaction> graph_;
    rdf::Quads quads_;
    const plan::Query none_;
    exec::Context budget_;
    Run run_;
};

/// A template's triples, each once.
class Templates {
  public:
    Templates(Run& run, rdf::TripleWriter& writer) : run_(run), writer_(writer) {}

    void Row(const std::vector<TriplePattern>& patterns, const TermId* row) {
        std::unordered_map<uint32_t, TermId> blanks;
        const auto id = [&](const PatternTerm& term) {
            if (term.IsVariable()) return row[term.number];
            if (term.kind == PatternTerm::Kind::kTerm) return run_.IdOf(term.term);
            TermId& blank = blanks[term.number];
            if (blank == rdf::kNoTerm) blank = run_.NewBlank();
            return blank;
        };
        for (const TriplePattern& one : patterns) {
            Write(id(one.subject), id(one.predicate), id(one.object));
        }
    }
    void Write(TermId subject, TermId predicate, TermId object) {
        if (subject == rdf::kNoTerm || rdf::IsLiteral(subject) || !rdf::IsIri(predicate) ||
            object == rdf::kNoTerm) {
            return;
        }
        std::string key;
        for (const TermId part : {subject, predicate, object}) AppendVarint(key, part);
        if (!written_.insert(std::move(key)).second) return;
        run_.budget.Hold();
        writer_.Write(*run_.TermOf(subject), *run_.TermOf(predicate), *run_.TermOf(object));
    }

  private:
    Run& run_;
    rdf::TripleWriter& writer_;
    std::unordered_set<std::string> written_;
};

/// A resource's triples, and those of the blank nodes that they lead to (a concise bounded
/// description).
void Describe(Run& run, TermId resource, std::unordered_set<TermId>& described, Templates& out) {
    std::vector<TermId> next{resource};
    while (!next.empty() && run.budget.GoOn()) {
        const TermId subject = next.back();
        next.pop_back();
        if (rdf::IsOwn(subject) || rdf::IsLiteral(subject) || !described.insert(subject).second) {
            continue;
        }
        TripleScan scan = run.Scan({subject, rdf::kNoTerm, rdf::kNoTerm, rdf::kNoTerm}, {});
        rdf::Quad quad;
        while (run.budget.GoOn() && scan.Next(quad)) {
            out.Write(quad.subject, quad.predicate, quad.object);
            if (rdf::IsBlank(quad.object)) next.push_back(quad.object);
        }
    }
}

}  // namespace

Dataset MakeDataset(Run& run, const DatasetClause& clause, DefaultGraph kind) {
    Dataset dataset;
    if (clause.Given()) {
        dataset.defaults = Ids(run, clause.graphs);
        dataset.named = Ids(run, clause.named);
    } else if (kind == DefaultGraph::kExclusive) {
        dataset.hidden = run.IdOf(rdf::Iri(rdf::kDefaultGraph));
        dataset.defaults = std::vector{dataset.hidden};
    }
    return dataset;
}

core::Status Answer(GraphStore& store, const Query& query, const Limits& limits,
                    SolutionWriter& writer) {
    Reading reading(store, query, limits);
    Run& run = reading.Running();
    const Select& select = query.select;
    const SourcePtr source = Builder(run, select).BuildSelect();
    std::vector<TermId> row(select.Width());
    source->Open(row.data());
    if (query.form == Query::Form::kAsk) {
        const bool any = source->Next(row.data());
        GYRE_TRY(reading.Outcome());
        writer.Boolean(any);
        return {};
    }
    std::vector<std::string> variables;
    for (const Slot slot : select.columns) variables.push_back(select.names[slot]);
    writer.Begin(variables);
    SolutionWriter::Row terms(select.columns.size());
    while (run.budget.GoOn() && source->Next(row.data())) {
        run.budget.Hold();
        for (size_t i = 0; i < terms.size(); ++i) {
            const TermId id = row[select.columns[i]];
            terms[i] = id == rdf::kNoTerm ? nullptr : run.TermOf(id);
        }
        writer.Solution(terms);
    }
    writer.End();
    return reading.Outcome();
}

core::Status Answer(GraphStore& store, const Query& query, const Limits& limits,
                    rdf::TripleWriter& writer) {
    Reading reading(store, query, limits);
    Run& run = reading.Running();
    const SourcePtr source = Builder(run, query.select).BuildSelect();
    std::vector<TermId> row(query.select.Width());
    source->Open(row.data());
    Templates out(run, writer);
    std::unordered_set<TermId> described;
    while (run.budget.GoOn() && source->Next(row.data())) {
        out.Row(query.construct, row.data());
        for (const PatternTerm& one : query.describe) {
            if (one.IsVariable()) Describe(run, row[one.number], described, out);
        }
    }
    for (const PatternTerm& one : query.describe) {
        if (!one.IsVariable()) Describe(run, run.IdOf(one.term), described, out);
    }
    return reading.Outcome();
}

core::Result<TraversalMetrics> Explain(GraphStore& store, const Query& query, const Limits& limits,
                                       bool runs) {
    Reading reading(store, query, limits);
    Run& run = reading.Running();
    Explanation explanation;
    run.explanation = &explanation;
    const SourcePtr source = Builder(run, query.select).BuildSelect();
    explanation.Close();
    if (runs) {
        std::vector<TermId> row(query.select.Width());
        source->Open(row.data());
        while (run.budget.GoOn() && source->Next(row.data())) {
            if (query.form == Query::Form::kAsk) break;
        }
    }
    GYRE_TRY(reading.Outcome());
    return explanation.Result();
}

}  // namespace gyre::graph::sparql
