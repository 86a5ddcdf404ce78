// Sources at the leaves of a plan, and those that choose between others.
#include <algorithm>

#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

bool Agree(const TermId* row, const TermId* seed, size_t width) {
    for (size_t i = 0; i < width; ++i) {
        if (seed[i] != rdf::kNoTerm && row[i] != rdf::kNoTerm && row[i] != seed[i]) return false;
    }
    return true;
}

class Triple final : public Source {
  public:
    Triple(Run& run, size_t width, const TriplePlaces& places,
           std::shared_ptr<const ActiveGraph> active)
        : run_(run), width_(width), places_(places), active_(std::move(active)) {}

    void Open(const TermId* seed) override {
        scan_.reset();
        rdf::Quad wanted{Wanted(places_.subject, seed), Wanted(places_.predicate, seed),
                         Wanted(places_.object, seed), rdf::kNoTerm};
        // No quad has a term that is only this query's.
        if (rdf::IsOwn(wanted.subject) || rdf::IsOwn(wanted.predicate) ||
            rdf::IsOwn(wanted.object)) {
            return;
        }
        if (places_.graph) {
            wanted.graph = seed[*places_.graph];
            if (!rdf::IsOwn(wanted.graph)) scan_.emplace(run_.ScanNamed(wanted));
        } else if (!rdf::IsOwn(active_->named)) {
            scan_.emplace(run_.Scan(wanted, *active_));
        }
    }
    bool Next(TermId* row) override {
        rdf::Quad quad;
        while (scan_ && run_.budget.GoOn() && scan_->Next(quad)) {
            std::fill_n(row, width_, rdf::kNoTerm);
            if (Bind(places_.subject, quad.subject, row) &&
                Bind(places_.predicate, quad.predicate, row) &&
                Bind(places_.object, quad.object, row) &&
                (!places_.graph || Bind({places_.graph, 0}, quad.graph, row))) {
                return true;
            }
        }
        return false;
    }

  private:
    static TermId Wanted(const Place& place, const TermId* seed) {
        return place.slot ? seed[*place.slot] : place.term;
    }
    /// False where a variable that stands twice is two terms.
    static bool Bind(const Place& place, TermId term, TermId* row) {
        if (!place.slot) return true;
        TermId& bound = row[*place.slot];
        if (bound != rdf::kNoTerm && bound != term) return false;
        bound = term;
        return true;
    }

    Run& run_;
    const size_t width_;
    const TriplePlaces places_;
    const std::shared_ptr<const ActiveGraph> active_;
    std::optional<TripleScan> scan_;
};

class Unit final : public Source {
  public:
    explicit Unit(size_t width) : width_(width) {}
    void Open(const TermId*) override { given_ = false; }
    bool Next(TermId* row) override {
        std::fill_n(row, width_, rdf::kNoTerm);
        return !std::exchange(given_, true);
    }

  private:
    const size_t width_;
    bool given_ = false;
};

class Nothing final : public Source {
  public:
    void Open(const TermId*) override {}
    bool Next(TermId*) override { return false; }
};

class Inline final : public Source {
  public:
    Inline(Run& run, size_t width, const Values& values) : run_(run), width_(width), seed_(width) {
        for (const auto& given : values.rows) {
            std::vector<TermId> row(width);
            for (size_t i = 0; i < given.size(); ++i) {
                if (given[i]) row[values.slots[i]] = run.IdOf(*given[i]);
            }
            rows_.push_back(std::move(row));
        }
    }
    void Open(const TermId* seed) override {
        seed_.assign(seed, seed + width_);
        at_ = 0;
    }
    bool Next(TermId* row) override {
        while (at_ < rows_.size() && run_.budget.GoOn()) {
            const std::vector<TermId>& one = rows_[at_++];
            if (!Agree(one.data(), seed_.data(), width_)) continue;
            std::ranges::copy(one, row);
            return true;
        }
        return false;
    }

  private:
    Run& run_;
    const size_t width_;
    std::vector<std::vector<TermId>> rows_;
    std::vector<TermId> seed_;
    size_t at_ = 0;
};

class Branches final : public Source {
  public:
    explicit Branches(std::vector<SourcePtr> branches) : branches_(std::move(branches)) {}
    void Open(const TermId* seed) override {
        for (const SourcePtr& branch : branches_) branch->Open(seed);
        at_ = 0;
    }
    bool Next(TermId* row) override {
        for (; at_ < branches_.size(); ++at_) {
            if (branches_[at_]->Next(row)) return true;
        }
        return false;
    }

  private:
    const std::vector<SourcePtr> branches_;
    size_t at_ = 0;
};

class EachGraph final : public Source {
  public:
    EachGraph(Run& run, size_t width, Slot graph, SourcePtr of, std::shared_ptr<ActiveGraph> active)
        : run_(run),
          width_(width),
          graph_(graph),
          of_(std::move(of)),
          active_(std::move(active)),
          seed_(width) {}

    void Open(const TermId* seed) override {
        seed_.assign(seed, seed + width_);
        graphs_.clear();
        at_ = 0;
        opened_ = false;
        seed_[graph_] = rdf::kNoTerm;  // of the graph's name, and not of what is sought in it
        if (seed[graph_] == rdf::kNoTerm) {
            graphs_ = run_.NamedGraphs();
        } else if (run_.dataset.Named(seed[graph_]) &&
                   (run_.dataset.named || run_.quads.CountGraph(seed[graph_]) > 0)) {
            graphs_ = {seed[graph_]};
        }
    }
    bool Next(TermId* row) override {
        while (at_ < graphs_.size() && run_.budget.GoOn()) {
            active_->named = graphs_[at_];
            if (!opened_) of_->Open(seed_.data());
            opened_ = true;
            while (of_->Next(row)) {
                if (row[graph_] != rdf::kNoTerm && row[graph_] != graphs_[at_]) continue;
                row[graph_] = graphs_[at_];
                return true;
            }
            opened_ = false;
            ++at_;
        }
        return false;
    }

  private:
    Run& run_;
    const size_t width_;
    const Slot graph_;
    const SourcePtr of_;
    const std::shared_ptr<ActiveGraph> active_;
    std::vector<TermId> seed_;
    std::vector<TermId> graphs_;
    size_t at_ = 0;
    bool opened_ = false;
};

class Sub final : public Source {
  public:
    Sub(Run& run, const SubSelect& sub, size_t width, const std::shared_ptr<ActiveGraph>& active)
        : sub_(sub), width_(width), inner_(sub.select->Width()), seed_(width) {
        Builder builder(run, *sub.select, active);
        source_ = builder.BuildSelect();
    }
    void Open(const TermId* seed) override {
        seed_.assign(seed, seed + width_);
        std::ranges::fill(inner_, rdf::kNoTerm);
        source_->Open(inner_.data());
    }
    bool Next(TermId* row) override {
        while (source_->Next(inner_.data())) {
            std::fill_n(row, width_, rdf::kNoTerm);
            for (size_t i = 0; i < sub_.into.size(); ++i) {
                row[sub_.into[i]] = inner_[sub_.select->columns[i]];
            }
            if (Agree(row, seed_.data(), width_)) return true;
        }
        return false;
    }

  private:
    const SubSelect& sub_;
    const size_t width_;
    std::vector<TermId> inner_, seed_;
    SourcePtr source_;
};

}  // namespace

SourcePtr TripleSource(Run& run, size_t width, TriplePlaces places,
                       std::shared_ptr<const ActiveGraph> active) {
    return std::make_unique<Triple>(run, width, places, std::move(active));
}
SourcePtr UnitSource(size_t width) {
    return std::make_unique<Unit>(width);
}
SourcePtr NoSource() {
    return std::make_unique<Nothing>();
}
SourcePtr ValuesSource(Run& run, size_t width, const Values& values) {
    return std::make_unique<Inline>(run, width, values);
}
SourcePtr UnionSource(std::vector<SourcePtr> branches) {
    return std::make_unique<Branches>(std::move(branches));
}
SourcePtr EachGraphSource(Run& run, size_t width, Slot graph, SourcePtr of,
                          std::shared_ptr<ActiveGraph> active) {
    return std::make_unique<EachGraph>(run, width, graph, std::move(of), std::move(active));
}
SourcePtr SubSelectSource(Run& run, const SubSelect& sub, size_t width,
                          const std::shared_ptr<ActiveGraph>& active) {
    return std::make_unique<Sub>(run, sub, width, active);
}

}  // namespace gyre::graph::sparql
