#include "graph/rdf/summary.h"

namespace gyre::graph::rdf {

// By subject, as the first index has them.
core::Result<RdfSummary> Summarise(Quads& quads, const std::function<bool()>& go_on) {
    RdfSummary summary;
    std::map<std::set<TermId>, uint64_t> structures;
    std::set<TermId> classes, predicates;
    const TermId type = quads.Find(Iri(kRdfType)).value_or(kNoTerm);
    QuadScan scan = quads.Scan({});
    Quad quad;
    TermId subject = kNoTerm;
    const auto end_subject = [&] {
        if (subject != kNoTerm) ++structures[predicates];
        predicates.clear();
    };
    while (scan.Next(quad)) {
        if ((++summary.quads & 0x3FF) == 0 && !go_on()) {
            return core::Fail(core::Code::kDeadlineExceeded, "TimeLimitExceededException",
                              "there was no time to count all quads");
        }
        if (quad.subject != subject) {
            end_subject();
            subject = quad.subject;
            ++summary.subjects;
        }
        predicates.insert(quad.predicate);
        if (quad.predicate == type) classes.insert(quad.object);
    }
    end_subject();
    GYRE_TRY(quads.Graph().Health());
    for (const TermId one : classes) summary.classes.insert(quads.Read(one).text);
    for (const auto& [predicate, count] : quads.Predicates()) {
        summary.predicates[quads.Read(predicate).text] = count;
    }
    for (const auto& [structure, count] : structures) {
        std::set<std::string> names;
        for (const TermId predicate : structure) names.insert(quads.Read(predicate).text);
        summary.structures[names] += count;
    }
    return summary;
}

}  // namespace gyre::graph::rdf
