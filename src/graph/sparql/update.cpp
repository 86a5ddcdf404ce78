// SPARQL 1.1 Update at work.
#include <algorithm>
#include <chrono>

#include "graph/sparql/answer.h"
#include "graph/sparql/dataset.h"
#include "graph/sparql/explanation.h"
#include "graph/sparql/load_document.h"
#include "graph/sparql/source.h"

namespace gyre::graph::sparql {
namespace {

using core::Code;

core::Error NoTurn() {
    return {Code::kConflict, "ConcurrentModificationException",
            "another transaction has been writing for all of this query's time"};
}

/// One request in its transaction.
class Writing {
  public:
    Writing(Transaction& graph, exec::Context& budget, const Limits& limits,
            const Documents& documents)
        : quads_(graph), budget_(budget), limits_(limits), documents_(documents) {}
    /// What it does is told; with `runs` not set, that is all.
    void ExplainIn(Explanation& explanation, bool runs) {
        explanation_ = &explanation;
        runs_ = runs;
    }

    core::Status Do(const UpdateRequest& request) {
        for (const Update& update : request.operations) {
            const bool alone = request.operations.size() == 1;
            const bool empties = alone && update.kind == Update::Kind::kClear &&
                                 update.target.kind == GraphTarget::Kind::kAll;
            const auto carry = [&] { return empties ? ClearAll() : Do(update); };
            auto done = update.kind == Update::Kind::kModify
                            ? Modify(update)
                            : Step(NameOf(update), ArgumentsOf(update), carry);
            if (!done && !(update.silent && done.error().code != Code::kInternal)) return done;
            if (budget_.Failed()) return core::Fail(budget_.Failure());
        }
        if (runs_) quads_.Flush();
        return {};
    }

  private:
    core::Status Do(const Update& update) {
        switch (update.kind) {
            case Update::Kind::kModify:
                return Modify(update);
            case Update::Kind::kLoad:
                return Load(update);
            case Update::Kind::kClear:
                return Clear(update.target);
            case Update::Kind::kCreate:
                return Create(update.target.iri);
            case Update::Kind::kCopy:
            case Update::Kind::kMove:
            case Update::Kind::kAdd:
                return Transfer(update);
        }
        return {};
    }

    core::Status Load(const Update& update) {
        const auto document = documents_.find(&update);
        if (document == documents_.end()) return {};  // SILENT, and not to be had
        return AddDocument(quads_, budget_, document->second, update.target.iri);
    }

    core::Status ClearAll() {
        quads_.Clear();
        return {};
    }

    // Terms that are new to the store have ids of their own while the pattern is matched.
    core::Status Modify(const Update& update) {
        Run run(quads_, budget_);
        run.base = update.base;
        run.outside = limits_.outside;
        DatasetClause clause = limits_.dataset.Given() ? limits_.dataset : update.dataset;
        run.dataset = MakeDataset(run, clause, limits_.default_graph);
        if (!clause.Given() && !update.with.empty()) {
            run.dataset.defaults = std::vector{run.IdOf(rdf::Iri(update.with))};
        }
        std::vector<rdf::Quad> removed, inserted;
        if (explanation_ != nullptr) {
            explanation_->Begin();
            run.explanation = explanation_;
        }
        const SourcePtr source = Builder(run, update.select).BuildMatches();
        if (explanation_ != nullptr) explanation_->Close();
        if (!runs_) return TellTemplates(update, 0, 0);
        std::vector<TermId> row(update.select.Width());
        source->Open(row.data());
        while (budget_.GoOn() && source->Next(row.data())) {
            std::map<uint32_t, TermId> blanks;
            Instantiate(run, update.remove, update.with, row.data(), blanks, removed);
            Instantiate(run, update.insert, update.with, row.data(), blanks, inserted);
        }
        if (budget_.Failed()) return core::Fail(budget_.Failure());
        const auto begun = std::chrono::steady_clock::now();
        for (const rdf::Quad& quad : removed) Remove(quad);
        const auto then = std::chrono::steady_clock::now();
        std::unordered_map<TermId, TermId> stored;
        for (const rdf::Quad& quad : inserted) {
            quads_.Add(
                {Stored(run, quad.subject, stored), Stored(run, quad.predicate, stored),
                 Stored(run, quad.object, stored),
                 quad.graph == rdf::kNoTerm ? DefaultGraphId() : Stored(run, quad.graph, stored)});
        }
        return TellTemplates(update, removed.size(), inserted.size(), then - begun,
                             std::chrono::steady_clock::now() - then);
    }

    core::Status TellTemplates(const Update& update, size_t removed, size_t inserted,
                               std::chrono::nanoseconds removing = {},
                               std::chrono::nanoseconds inserting = {}) {
        if (explanation_ == nullptr) return {};
        const auto tell = [&](const char* name, const std::vector<QuadTemplate>& templates,
                              size_t rows, std::chrono::nanoseconds took) {
            if (templates.empty()) return;
            Explanation::Step& step =
                explanation_->Add(name, std::to_string(templates.size()) + " quads of each row");
            step.rows = rows;
            step.nanos = took.count();
        };
        tell("Delete", update.remove, removed, removing);
        tell("Insert", update.insert, inserted, inserting);
        return {};
    }

    /// Does what is no pattern, told as one step where that is wanted.
    template <typename Work>
    core::Status Step(const char* name, std::string arguments, Work work) {
        if (explanation_ == nullptr) return work();
        Explanation::Step& step = explanation_->Add(name, std::move(arguments));
        if (!runs_) return {};
        const auto begun = std::chrono::steady_clock::now();
        const uint64_t before = quads_.Count();
        const core::Status done = work();
        const uint64_t after = quads_.Count();
        step.rows = after > before ? after - before : before - after;
        step.nanos = std::chrono::nanoseconds(std::chrono::steady_clock::now() - begun).count();
        return done;
    }
    static const char* NameOf(const Update& update) {
        switch (update.kind) {
            case Update::Kind::kModify:
                break;
            case Update::Kind::kLoad:
                return "Load";
            case Update::Kind::kClear:
                return "Clear";
            case Update::Kind::kCreate:
                return "Create";
            case Update::Kind::kCopy:
                return "Copy";
            case Update::Kind::kMove:
                return "Move";
            case Update::Kind::kAdd:
                return "Add";
        }
        return "Modify";
    }
    static std::string ArgumentsOf(const Update& update) {
        const auto text = [](const GraphTarget& target) {
            switch (target.kind) {
                case GraphTarget::Kind::kDefault:
                    return std::string("DEFAULT");
                case GraphTarget::Kind::kNamed:
                    return std::string("NAMED");
                case GraphTarget::Kind::kAll:
                    return std::string("ALL");
                case GraphTarget::Kind::kGraph:
                    break;
            }
            return target.iri.empty() ? "DEFAULT" : "<" + target.iri + ">";
        };
        const bool moves =
            update.kind != Update::Kind::kClear && update.kind != Update::Kind::kCreate;
        return std::string(update.silent ? "SILENT " : "") +
               (moves ? text(update.source) + " to " : "") + text(update.target);
    }

    /// Of templates in a row: what is not whole, or is no quad, is left out.
    void Instantiate(Run& run, const std::vector<QuadTemplate>& templates, const std::string& with,
                     const TermId* row, std::map<uint32_t, TermId>& blanks,
                     std::vector<rdf::Quad>& quads) {
        const auto id = [&](const PatternTerm& term) {
            if (term.IsVariable()) return row[term.number];
            if (term.kind == PatternTerm::Kind::kTerm) return run.IdOf(term.term);
            TermId& blank = blanks[term.number];
            if (blank == rdf::kNoTerm) blank = run.NewBlank();
            return blank;
        };
        for (const QuadTemplate& one : templates) {
            rdf::Quad quad{id(one.triple.subject), id(one.triple.predicate), id(one.triple.object),
                           rdf::kNoTerm};
            if (one.graph) {
                quad.graph = id(*one.graph);
                if (!rdf::IsIri(quad.graph)) continue;
            } else if (!with.empty()) {
                quad.graph = run.IdOf(rdf::Iri(with));
            }
            if (quad.subject == rdf::kNoTerm || rdf::IsLiteral(quad.subject) ||
                !rdf::IsIri(quad.predicate) || quad.object == rdf::kNoTerm) {
                continue;
            }
            budget_.Hold();
            quads.push_back(quad);
        }
    }

    TermId Stored(Run& run, TermId id, std::unordered_map<TermId, TermId>& stored) {
        if (!rdf::IsOwn(id)) {
            return id;
        }
        const auto [entry, added] = stored.emplace(id, rdf::kNoTerm);
        if (added) {
            entry->second = rdf::IsBlank(id) ? quads_.NewBlank() : quads_.Intern(*run.TermOf(id));
        }
        return entry->second;
    }

    // Without a graph it goes from the default graph; where that is the union of all, from all.
    void Remove(const rdf::Quad& quad) {
        if (rdf::IsOwn(quad.subject) || rdf::IsOwn(quad.predicate) || rdf::IsOwn(quad.object) ||
            rdf::IsOwn(quad.graph)) {
            return;
        }
        if (quad.graph != rdf::kNoTerm) {
            quads_.Remove(quad);
        } else if (limits_.default_graph == DefaultGraph::kExclusive) {
            quads_.Remove({quad.subject, quad.predicate, quad.object, DefaultGraphId()});
        } else {
            for (const rdf::Quad& one : All(quad)) quads_.Remove(one);
        }
    }

    TermId DefaultGraphId() { return quads_.Intern(rdf::Iri(rdf::kDefaultGraph)); }

    std::vector<rdf::Quad> All(const rdf::Quad& wanted) {
        std::vector<rdf::Quad> quads;
        rdf::QuadScan scan = quads_.Scan(wanted);
        rdf::Quad quad;
        while (budget_.GoOn() && scan.Next(quad)) {
            budget_.Hold();
            quads.push_back(quad);
        }
        budget_.Release(quads.size());
        return quads;
    }
    void RemoveGraph(TermId graph) {
        for (const rdf::Quad& quad : All({rdf::kNoTerm, rdf::kNoTerm, rdf::kNoTerm, graph})) {
            quads_.Remove(quad);
        }
    }

    core::Status Clear(const GraphTarget& target) {
        const TermId defaults = DefaultGraphId();
        switch (target.kind) {
            case GraphTarget::Kind::kGraph:
                if (const auto graph = quads_.Find(rdf::Iri(target.iri))) RemoveGraph(*graph);
                return {};
            case GraphTarget::Kind::kDefault:
                RemoveGraph(defaults);
                return {};
            case GraphTarget::Kind::kNamed:
            case GraphTarget::Kind::kAll:
                break;
        }
        for (const TermId graph : quads_.Graphs()) {
            if (graph != defaults || target.kind == GraphTarget::Kind::kAll) RemoveGraph(graph);
        }
        return {};
    }

    // A graph is there as long as it has triples, so there is nothing to make.
    core::Status Create(const std::string& iri) {
        const auto graph = quads_.Find(rdf::Iri(iri));
        if (graph && quads_.CountGraph(*graph) > 0) {
            return core::Fail(Code::kAlreadyExists, "ConstraintViolationException",
                              "the graph <" + iri + "> is there already");
        }
        return {};
    }

    core::Status Transfer(const Update& update) {
        const auto id = [&](const GraphTarget& target) {
            return target.kind == GraphTarget::Kind::kDefault ? DefaultGraphId()
                                                              : quads_.Intern(rdf::Iri(target.iri));
        };
        const TermId from = id(update.source), to = id(update.target);
        if (from == to) return {};
        const auto quads = All({rdf::kNoTerm, rdf::kNoTerm, rdf::kNoTerm, from});
        if (update.source.kind == GraphTarget::Kind::kGraph && quads.empty()) {
            return core::Fail(Code::kNotFound, "BadRequestException",
                              "there is no graph <" + update.source.iri + ">");
        }
        if (update.kind != Update::Kind::kAdd) RemoveGraph(to);
        for (rdf::Quad quad : quads) {
            if (update.kind == Update::Kind::kMove) quads_.Remove(quad);
            quad.graph = to;
            quads_.Add(quad);
        }
        return {};
    }

    rdf::Quads quads_;
    exec::Context& budget_;
    const Limits& limits_;
    const Documents& documents_;
    Explanation* explanation_ = nullptr;
    bool runs_ = true;
};

}  // namespace

core::Result<TraversalMetrics> Explain(GraphStore& store, const UpdateRequest& request,
                                       const Limits& limits, bool runs) {
    Documents documents;
    if (runs) {
        GYRE_ASSIGN(documents, ReadDocuments(request, limits.outside));
    }
    const auto graph =
        runs ? store.Write(limits.limits.deadline.value_or(core::SteadyTime::max())) : store.Read();
    if (!graph) return core::Fail(NoTurn());
    const plan::Query none;
    exec::Context budget(*graph, none, limits.clock, limits.cancel, limits.limits);
    Explanation explanation;
    Writing writing(*graph, budget, limits, documents);
    writing.ExplainIn(explanation, runs);
    GYRE_TRY(writing.Do(request));
    GYRE_TRY(graph->Health());
    return explanation.Result();
}

core::Status Carry(GraphStore& store, const UpdateRequest& request, const Limits& limits) {
    GYRE_ASSIGN(const Documents documents, ReadDocuments(request, limits.outside));
    const auto graph = store.Write(limits.limits.deadline.value_or(core::SteadyTime::max()));
    if (!graph) return core::Fail(NoTurn());
    const plan::Query none;
    exec::Context budget(*graph, none, limits.clock, limits.cancel, limits.limits);
    GYRE_TRY(Writing(*graph, budget, limits, documents).Do(request));
    GYRE_TRY(graph->Health());
    return graph->Commit();
}

}  // namespace gyre::graph::sparql
