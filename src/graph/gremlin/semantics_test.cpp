// What the reference says where another answer is as near at hand; from its source where its
// documentation is silent.
#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

struct SemanticsCase {
    const char* query;
    const char* results;  ///< in their order; of an error a part of its message
};

void CheckAnswers(TestGraph& graph, std::initializer_list<SemanticsCase> cases) {
    for (const SemanticsCase& one : cases) {
        CAPTURE(one.query);
        CHECK(graph.Ask(one.query) == one.results);
    }
}

void CheckErrors(TestGraph& graph, std::initializer_list<SemanticsCase> cases) {
    for (const SemanticsCase& one : cases) {
        CAPTURE(one.query);
        const std::string answer = graph.Ask(one.query);
        CAPTURE(answer);
        CHECK(answer.starts_with("error: "));
        CHECK(answer.find(one.results) != std::string::npos);
    }
}

}  // namespace

TEST_CASE("Neither a comparison that cannot be made holds until 3.8, nor its negation") {
    TestGraph graph;
    CheckAnswers(graph,
                 {
                     {"g.V().not(has('age', gt('x'))).count()", "2"},
                     {"g.V().not(values('age').is(gt('x'))).count()", "2"},
                     {"g.V().not(not(has('age', gt('x')))).count()", "0"},
                     {"g.V().and(hasLabel('software'), not(has('age', gt('x')))).count()", "2"},
                     {"g.V().or(has('age', gt('x')), hasLabel('person')).count()", "4"},
                     {"g.V().not(or(has('age', gt('x')), hasLabel('software'))).count()", "0"},
                     {"g.V().not(and(has('age', gt('x')), hasLabel('software'))).count()", "6"},
                     {"g.V().not(out().has('age', gt('x'))).count()", "5"},
                     {"g.V().not(map(__.values('age')).is(gt('x')).count().is(0)).count()", "0"},
                     {"g.inject([1, 'a']).not(all(gt(0))).count()", "0"},
                     {"g.inject([-1, 'a']).not(all(gt(0))).count()", "1"},
                     {"g.inject([1, 'a']).not(any(gt(0))).count()", "0"},
                 });
    graph.options.rules.gremlin = GremlinVersion::k38;
    CheckAnswers(graph, {{"g.V().not(has('age', gt('x'))).count()", "6"},
                         {"g.V().not(or(has('age', gt('x')), hasLabel('software'))).count()", "4"},
                         {"g.inject([1, 'a']).not(all(gt(0))).count()", "1"}});
}
