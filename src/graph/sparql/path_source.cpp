// Property paths that are more than links in a row ("SPARQL 1.1 Query Language", 18.4).
#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

using Ends = std::pair<TermId, TermId>;

struct EndsHash {
    size_t operator()(const Ends& ends) const {
        return std::hash<TermId>()(ends.first * 0x9E3779B97F4A7C15ULL ^ ends.second);
    }
};

/// Where one step of a path leads from any node: all its pairs, read at once.
class StepTable {
  public:
    void Add(TermId from, TermId to) { pairs_.emplace_back(from, to); }
    void Done() {
        std::ranges::sort(pairs_);
        const auto twice = std::ranges::unique(pairs_);
        pairs_.erase(twice.begin(), twice.end());
        for (size_t i = 0; i < pairs_.size(); ++i) {
            if (i == 0 || pairs_[i - 1].first != pairs_[i].first) begins_[pairs_[i].first] = i;
        }
    }
    template <typename Use>
    void From(TermId node, Use use) const {
        const auto begin = begins_.find(node);
        if (begin == begins_.end()) return;
        for (size_t i = begin->second; i < pairs_.size() && pairs_[i].first == node; ++i) {
            use(pairs_[i].second);
        }
    }

  private:
    std::vector<Ends> pairs_;
    std::unordered_map<TermId, size_t> begins_;
};

/// So many pairs are read in the time in which one node's are sought.
constexpr uint64_t kPairsForSeek = 16;
/// So many nodes are sought, whatever was counted.
constexpr uint64_t kLeastSought = 64;
/// Of more pairs no table is made.
constexpr uint64_t kMostPairs = 4'000'000;

class Walk final : public Source {
  public:
    Walk(Run& run, size_t width, const Place& subject, std::shared_ptr<const PropertyPath> path,
         const Place& object, std::shared_ptr<const ActiveGraph> active)
        : run_(run),
          width_(width),
          subject_(subject),
          path_(std::move(path)),
          object_(object),
          active_(std::move(active)) {}

    void Open(const TermId* seed) override {
        found_.clear();
        at_ = 0;
        if (tables_for_ != active_->named) DropTables();
        tables_for_ = active_->named;
        const auto wanted = [&](const Place& place) {
            return place.slot ? seed[*place.slot] : place.term;
        };
        // Of two variables, a path of no length leads only from what the graph has.
        const bool variables = subject_.slot && object_.slot;
        Pairs(*path_, wanted(subject_), wanted(object_), [&](TermId from, TermId to) {
            if (variables && from == to && !IsNode(from)) return;
            run_.budget.Hold();
            found_.emplace_back(from, to);
        });
    }
    bool Next(TermId* row) override {
        while (at_ < found_.size() && run_.budget.GoOn()) {
            const auto [from, to] = found_[at_++];
            std::fill_n(row, width_, rdf::kNoTerm);
            if (subject_.slot) row[*subject_.slot] = from;
            if (object_.slot) {
                TermId& bound = row[*object_.slot];
                if (bound != rdf::kNoTerm && bound != to) continue;
                bound = to;
            }
            return true;
        }
        return false;
    }

  private:
    using Emit = std::function<void(TermId from, TermId to)>;

    /// The ends of a path, of those that are given (kNoTerm: any).
    void Pairs(const PropertyPath& path, TermId from, TermId to, const Emit& emit) {
        switch (path.kind) {
            case PathKind::kLink:
                return Links(run_.IdOf(path.link), from, to, emit);
            case PathKind::kInverse:
                return Pairs(*path.of.front(), to, from, [&](TermId a, TermId b) { emit(b, a); });
            case PathKind::kSequence:
                return Sequence(path, 0, path.of.size(), from, to, emit);
            case PathKind::kAlternative:
                for (const auto& one : path.of) Pairs(*one, from, to, emit);
                return;
            case PathKind::kNegated:
                return Negated(path, from, to, emit);
            case PathKind::kZeroOrMore:
            case PathKind::kOneOrMore:
            case PathKind::kZeroOrOne:
                return Closure(path, from, to, emit);
        }
    }

    void Links(TermId predicate, TermId from, TermId to, const Emit& emit) {
        if (rdf::IsOwn(predicate) || rdf::IsOwn(from) || rdf::IsOwn(to) ||
            rdf::IsOwn(active_->named)) {
            return;
        }
        TripleScan scan = run_.Scan({from, predicate, to, rdf::kNoTerm}, *active_);
        rdf::Quad quad;
        while (run_.budget.GoOn() && scan.Next(quad)) emit(quad.subject, quad.object);
    }

    // From the end that is known.
    void Sequence(const PropertyPath& path, size_t begin, size_t end, TermId from, TermId to,
                  const Emit& emit) {
        if (end - begin == 1) return Pairs(*path.of[begin], from, to, emit);
        if (from != rdf::kNoTerm || to == rdf::kNoTerm) {
            Pairs(*path.of[begin], from, rdf::kNoTerm, [&](TermId a, TermId b) {
                Sequence(path, begin + 1, end, b, to, [&](TermId, TermId c) { emit(a, c); });
            });
        } else {
            Pairs(*path.of[end - 1], rdf::kNoTerm, to, [&](TermId b, TermId c) {
                Sequence(path, begin, end - 1, from, b, [&](TermId a, TermId) { emit(a, c); });
            });
        }
    }

    void Negated(const PropertyPath& path, TermId from, TermId to, const Emit& emit) {
        if (rdf::IsOwn(from) || rdf::IsOwn(to) || rdf::IsOwn(active_->named)) return;
        const auto all_but = [&](const std::vector<Term>& excepted, TermId subject, TermId object,
                                 auto take) {
            std::vector<TermId> ids;
            for (const Term& term : excepted) ids.push_back(run_.IdOf(term));
            TripleScan scan = run_.Scan({subject, rdf::kNoTerm, object, rdf::kNoTerm}, *active_);
            rdf::Quad quad;
            while (run_.budget.GoOn() && scan.Next(quad)) {
                if (std::ranges::find(ids, quad.predicate) == ids.end()) take(quad);
            }
        };
        if (path.forward) {
            all_but(path.excepted, from, to,
                    [&](const rdf::Quad& quad) { emit(quad.subject, quad.object); });
        }
        if (path.backward) {
            all_but(path.excepted_inverse, to, from,
                    [&](const rdf::Quad& quad) { emit(quad.object, quad.subject); });
        }
    }

    /// What a path of any length, or of none, reaches: each once.
    void Closure(const PropertyPath& path, TermId from, TermId to, const Emit& emit) {
        const bool backward = from == rdf::kNoTerm && to != rdf::kNoTerm;
        if (from != rdf::kNoTerm || backward) {
            const TermId start = backward ? to : from, end = backward ? from : to;
            Reach(path, start, backward, [&](TermId node) {
                if (end != rdf::kNoTerm && node != end) return;
                if (backward) {
                    emit(node, start);
                } else {
                    emit(start, node);
                }
            });
            return;
        }
        if (path.kind == PathKind::kZeroOrOne) {
            std::unordered_set<Ends, EndsHash> seen;
            const auto once = [&](TermId a, TermId b) {
                if (!seen.emplace(a, b).second) return;
                run_.budget.Hold();
                emit(a, b);
            };
            for (const TermId node : Nodes()) once(node, node);
            return Pairs(*path.of.front(), from, to, once);
        }
        for (const TermId node : Nodes()) {
            if (!run_.budget.GoOn()) return;
            Reach(path, node, false, [&](TermId end) { emit(node, end); });
        }
    }

    void Reach(const PropertyPath& path, TermId start, bool backward,
               const std::function<void(TermId)>& emit) {
        std::unordered_set<TermId> seen;
        std::vector<TermId> frontier;
        const auto reach = [&](TermId node) {
            if (!seen.insert(node).second) return;
            run_.budget.Hold();
            frontier.push_back(node);
            emit(node);
        };
        const PropertyPath& step = *path.of.front();
        const StepTable* table = nullptr;
        const auto expand = [&](TermId node) {
            if (table == nullptr) table = TableFor(step, backward, frontier.size());
            if (table != nullptr) {
                table->From(node, reach);
            } else if (backward) {
                Pairs(step, rdf::kNoTerm, node, [&](TermId a, TermId) { reach(a); });
            } else {
                Pairs(step, node, rdf::kNoTerm, [&](TermId, TermId b) { reach(b); });
            }
        };
        if (path.kind == PathKind::kOneOrMore) {
            expand(start);
        } else {
            reach(start);
        }
        if (path.kind == PathKind::kZeroOrOne) return expand(start);
        while (!frontier.empty() && run_.budget.GoOn()) {
            const TermId node = frontier.back();
            frontier.pop_back();
            expand(node);
        }
        run_.budget.Release(seen.size());
    }

    /// About how many pairs a step has; nullopt of one that is no mere choice of links.
    std::optional<uint64_t> CountPairs(const PropertyPath& path) {
        switch (path.kind) {
            case PathKind::kLink: {
                const TermId predicate = run_.IdOf(path.link);
                return rdf::IsOwn(predicate) ? 0 : run_.quads.CountPredicate(predicate);
            }
            case PathKind::kInverse:
                return CountPairs(*path.of.front());
            case PathKind::kNegated:
                return run_.quads.Count() * ((path.forward ? 1U : 0U) + (path.backward ? 1U : 0U));
            case PathKind::kAlternative: {
                uint64_t sum = 0;
                for (const auto& one : path.of) {
                    const auto count = CountPairs(*one);
                    if (!count) return std::nullopt;
                    sum += *count;
                }
                return sum;
            }
            default:
                return std::nullopt;
        }
    }

    /// Called for each node that is to be expanded, `waiting` others being known: once as many were
    /// sought one by one, or will be, as it takes to read all pairs of the step, those, which serve
    /// all nodes that come. Null until then.
    const StepTable* TableFor(const PropertyPath& step, bool backward, uint64_t waiting) {
        Expanded& expanded = tables_[{&step, backward}];
        if (expanded.table) return &*expanded.table;
        if (!expanded.worth) {
            const auto pairs = CountPairs(step);
            expanded.worth = pairs && *pairs <= kMostPairs
                                 ? std::max(kLeastSought, *pairs / kPairsForSeek)
                                 : UINT64_MAX;
        }
        if (++expanded.sought + waiting <= *expanded.worth) return nullptr;
        StepTable table;
        Pairs(step, rdf::kNoTerm, rdf::kNoTerm, [&](TermId from, TermId to) {
            run_.budget.Hold();
            table.Add(backward ? to : from, backward ? from : to);
            ++held_;
        });
        table.Done();
        return &expanded.table.emplace(std::move(table));
    }
    void DropTables() {
        tables_.clear();
        run_.budget.Release(std::exchange(held_, 0));
    }

    bool IsNode(TermId node) {
        if (rdf::IsOwn(node) || rdf::IsOwn(active_->named)) return false;
        rdf::Quad quad;
        return run_.Scan({node, rdf::kNoTerm, rdf::kNoTerm, rdf::kNoTerm}, *active_).Next(quad) ||
               run_.Scan({rdf::kNoTerm, rdf::kNoTerm, node, rdf::kNoTerm}, *active_).Next(quad);
    }

    /// The subjects and objects of the active graph.
    std::vector<TermId> Nodes() {
        std::vector<TermId> nodes;
        if (rdf::IsOwn(active_->named)) return nodes;
        std::unordered_set<TermId> seen;
        TripleScan scan = run_.Scan({}, *active_);
        rdf::Quad quad;
        while (run_.budget.GoOn() && scan.Next(quad)) {
            for (const TermId node : {quad.subject, quad.object}) {
                if (!seen.insert(node).second) continue;
                run_.budget.Hold();
                nodes.push_back(node);
            }
        }
        return nodes;
    }

    Run& run_;
    const size_t width_;
    const Place subject_;
    const std::shared_ptr<const PropertyPath> path_;
    const Place object_;
    const std::shared_ptr<const ActiveGraph> active_;
    std::vector<Ends> found_;
    size_t at_ = 0;
    /// Steps of closures, in one direction.
    struct Expanded {
        std::optional<uint64_t> worth;  ///< so many nodes are sought before there is a table
        uint64_t sought = 0;
        std::optional<StepTable> table;
    };
    std::map<std::pair<const PropertyPath*, bool>, Expanded> tables_;
    TermId tables_for_ = rdf::kNoTerm;  ///< the active graph of which they are
    uint64_t held_ = 0;                 ///< pairs of tables
};

}  // namespace

SourcePtr PathSource(Run& run, size_t width, Place subject,
                     std::shared_ptr<const PropertyPath> path, Place object,
                     std::shared_ptr<const ActiveGraph> active) {
    return std::make_unique<Walk>(run, width, subject, std::move(path), object, std::move(active));
}

}  // namespace gyre::graph::sparql
