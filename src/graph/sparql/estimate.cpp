// About how many rows patterns have: what the order of joins goes by.
#include <algorithm>

#include "graph/sparql/detail/overloaded.h"
#include "graph/sparql/sources.h"

namespace gyre::graph::sparql {
namespace {

using detail::Overloaded;

/// Triples that are counted before it is "many".
constexpr uint64_t kMostCounted = 256;
/// A guess at how many triples one subject has with one predicate, one object, one node.
constexpr double kOfSubject = 3, kOfObject = 20, kOfNode = 50;
constexpr double kOfPath = 100;
/// Another server is asked last: what is found here narrows down what is asked there.
constexpr double kOfService = 1e12;

}  // namespace

// Of its terms alone: exact where there are few, else by the predicate's count.
double Builder::CountTriple(const TriplePattern& triple) {
    const auto known = counts_.find(&triple);
    if (known != counts_.end()) return known->second;
    const auto id = [&](const PatternTerm& term) {
        return term.IsVariable() ? rdf::kNoTerm : run_.IdOf(term.term);
    };
    const rdf::Quad wanted{id(triple.subject), id(triple.predicate), id(triple.object),
                           active_->named};
    double count = 0;
    const bool own = rdf::IsOwn(wanted.subject) || rdf::IsOwn(wanted.predicate) ||
                     rdf::IsOwn(wanted.object) || rdf::IsOwn(wanted.graph);
    if (!own) {
        const bool ends = wanted.subject != rdf::kNoTerm || wanted.object != rdf::kNoTerm;
        count = static_cast<double>(wanted.predicate != rdf::kNoTerm
                                        ? run_.quads.CountPredicate(wanted.predicate)
                                        : run_.quads.Count());
        if (wanted.graph != rdf::kNoTerm) {
            count = std::min(count, static_cast<double>(run_.quads.CountGraph(wanted.graph)));
        }
        if (ends) {
            rdf::QuadScan scan = run_.quads.Scan(wanted);
            rdf::Quad quad;
            uint64_t counted = 0;
            while (counted < kMostCounted && scan.Next(quad)) ++counted;
            count = counted < kMostCounted ? static_cast<double>(counted)
                                           : std::max(count / 10, static_cast<double>(counted));
        }
    }
    counts_.emplace(&triple, count);
    return count;
}

double Builder::EstimateTriple(const TriplePattern& triple, const SlotSet& bound) {
    double count = CountTriple(triple);
    const auto is_bound = [&](const PatternTerm& term) {
        return term.IsVariable() && bound.contains(term.number);
    };
    const bool subject = is_bound(triple.subject), object = is_bound(triple.object);
    if (is_bound(triple.predicate)) count /= 10;
    if (subject && object) return std::min(count, 1.0);
    const bool predicate = !triple.predicate.IsVariable();
    if (subject) return std::min(count, predicate ? kOfSubject : kOfObject);
    if (object) return std::min(count, predicate ? kOfObject : kOfNode);
    return count;
}

double Builder::Estimate(const Atom& atom, const SlotSet& bound) {
    if (atom.node != nullptr) return Estimate(*atom.node, bound);
    if (atom.triple != nullptr) return EstimateTriple(*atom.triple, bound);
    const auto is_known = [&](const PatternTerm& term) {
        return !term.IsVariable() || bound.contains(term.number);
    };
    const bool subject = is_known(atom.path->subject), object = is_known(atom.path->object);
    if (subject && object) return kOfNode;
    if (subject || object) return kOfPath;
    return kOfPath * static_cast<double>(run_.quads.Count() + 1);
}

double Builder::Estimate(const Node& node, const SlotSet& bound) {
    return std::visit(
        Overloaded{[&](const Bgp& bgp) {
                       double least = bgp.triples.empty() && bgp.paths.empty() ? 1 : 1e18;
                       for (const TriplePattern& triple : bgp.triples) {
                           least = std::min(least, EstimateTriple(triple, bound));
                       }
                       for (const PathPattern& path : bgp.paths) {
                           least = std::min(least, Estimate(Atom{nullptr, &path, nullptr}, bound));
                       }
                       return least;
                   },
                   [&](const Join& join) {
                       return std::min(Estimate(*join.left, bound), Estimate(*join.right, bound));
                   },
                   [&](const LeftJoin& join) { return Estimate(*join.left, bound); },
                   [&](const Union& all) {
                       double sum = 0;
                       for (const NodePtr& branch : all.branches) sum += Estimate(*branch, bound);
                       return sum;
                   },
                   [&](const Minus& minus) { return Estimate(*minus.left, bound); },
                   [&](const Filter& filter) { return Estimate(*filter.of, bound); },
                   [&](const Extend& extend) { return Estimate(*extend.of, bound); },
                   [&](const InGraph& graph) { return Estimate(*graph.of, bound); },
                   [](const Values& values) { return static_cast<double>(values.rows.size()); },
                   [&](const SubSelect& sub) {
                       Builder inner(run_, *sub.select, active_);
                       const double rows = inner.Estimate(*sub.select->where, {});
                       const bool one = sub.select->grouped && sub.select->keys.empty();
                       if (one) return 1.0;
                       return sub.select->limit
                                  ? std::min(rows, static_cast<double>(*sub.select->limit))
                                  : rows;
                   },
                   [&](const Service& service) {
                       const bool known =
                           !service.where.IsVariable() || bound.contains(service.where.number);
                       return known ? kOfService : kOfService * kOfService;
                   }},
        node.is);
}

}  // namespace gyre::graph::sparql
