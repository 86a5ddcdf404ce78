// What a source's strategies are: their options, and how one takes another's place or is taken off.
#include "graph/gremlin/compile.h"
#include "graph/gremlin/parser.h"
#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

/// Whether what the script finds leaves as references.
bool References(const std::string& script) {
    const auto statements = gremlin::ParseScript(script, Map());
    REQUIRE(statements);
    const auto query = gremlin::Compile((*statements)[0].traversal);
    REQUIRE_MESSAGE(query, query.error().message);
    return query->references;
}

}  // namespace

TEST_CASE("Elements leave as references where a strategy says so") {
    const std::string detached =
        "HaltedTraverserStrategy(haltedTraverserFactory: "
        "'org.apache.tinkerpop.gremlin.structure.util.detached.DetachedFactory')";
    const std::string reference =
        "HaltedTraverserStrategy(haltedTraverserFactory: "
        "'org.apache.tinkerpop.gremlin.structure.util.reference.ReferenceFactory')";
    CHECK(!References("g.V()"));
    CHECK(References("g.withStrategies(ReferenceElementStrategy).V()"));
    CHECK(
        !References("g.withStrategies(ReferenceElementStrategy)"
                    ".withoutStrategies(ReferenceElementStrategy).V()"));
    // Traversers halt where a graph computer has them, and nowhere else.
    CHECK(!References("g.withStrategies(" + reference + ").V()"));
    CHECK(References("g.withComputer().V()"));
    CHECK(References("g.withComputer().withStrategies(" + reference + ").V()"));
    CHECK(!References("g.withComputer().withStrategies(" + detached + ").V()"));
    CHECK(References("g.withComputer().withStrategies(" + detached +
                     ").withoutStrategies(HaltedTraverserStrategy).V()"));
    TestGraph graph;
    CHECK(graph.Ask("g.withStrategies(HaltedTraverserStrategy(haltedTraverserFactory: 'a.Mine'))"
                    ".V()") ==
          "error: The provided traverser detachment factory is unknown: a.Mine");
}

TEST_CASE("A strategy takes the place of one of its name, and is taken off") {
    TestGraph graph;
    const std::string persons =
        "withStrategies(new SubgraphStrategy(vertices: hasLabel('person')))";
    const std::string marko =
        "withStrategies(new SubgraphStrategy(vertices: has('name', 'marko')))";
    CHECK(graph.Ask("g." + persons + "." + marko + ".V()") == "v1");
    CHECK(graph.Ask("g." + marko + "." + persons + ".V().count()") == "4");
    CHECK(graph.Ask("g." + persons + ".withoutStrategies(SubgraphStrategy).V().count()") == "6");
    CHECK(graph.Ask("g.withoutStrategies(SubgraphStrategy)." + persons + ".V().count()") == "4");
    CHECK(graph.Ask("g.withStrategies(ReadOnlyStrategy).withoutStrategies(ReadOnlyStrategy)"
                    ".addV('x').label()") == "x");
    CHECK(graph.Ask("g.withStrategies(new PartitionStrategy(partitionKey: 'p', "
                    "readPartitions: ['a'])).withoutStrategies(PartitionStrategy).V().count()") ==
          "7");
    CHECK(graph.Ask("g.withStrategies(new ElementIdStrategy(idPropertyKey: 'no'))"
                    ".withoutStrategies(ElementIdStrategy).V(1)") == "v1");
    CHECK(graph.Ask("g.withStrategies(ProductiveByStrategy).withoutStrategies("
                    "ProductiveByStrategy).V(1).project('a').by('none')") == "{}");
    CHECK(graph.Ask("g.withStrategies(new SeedStrategy(seed: 7)).withStrategies("
                    "new SeedStrategy(seed: 8)).withStrategies(new SeedStrategy(seed: 7))"
                    ".inject(1, 2, 3, 4).coin(0.5)") == "3");
    CHECK(graph.Ask("g.withSack(1).withoutStrategies(SackStrategy).V(1).sack()") == "null");
    CHECK(graph.Ask("g.withSideEffect('x', 1).withoutStrategies(SideEffectStrategy)"
                    ".V(1).select('x')") == "");
    CHECK(graph.Ask("g.withBulk(false).withoutStrategies(RequirementsStrategy)"
                    ".V().both().barrier().count()") == "12");
    CHECK(graph.Ask("g.withComputer().withoutStrategies(VertexProgramStrategy).V().pageRank()")
              .find("withComputer") != std::string::npos);
    CHECK(graph.Ask("g.with('evaluationTimeout', 'x').with('a', 1).withoutStrategies("
                    "OptionsStrategy).V(1)") == "v1");
}

TEST_CASE("Options that a strategy does not have are refused") {
    TestGraph graph;
    for (const char* name :
         {"CountStrategy", "ReadOnlyStrategy", "SubgraphStrategy", "SeedStrategy",
          "ReferenceElementStrategy", "ElementIdStrategy", "LambdaRestrictionStrategy"}) {
        CAPTURE(name);
        CHECK(graph.Ask("g.withStrategies(" + std::string(name) + "(noSuch: 1)).V()") ==
              "error: " + std::string(name) + " has no option noSuch");
    }
    CHECK(graph.Ask("g.withStrategies(SeedStrategy()).V()") ==
          "error: SeedStrategy configuration requires a 'seed' value");
    CHECK(graph.Ask("g.withStrategies(MatchAlgorithmStrategy(matchAlgorithm: 'a.B')).V()")
              .find("unknown: a.B") != std::string::npos);
    CHECK(graph.Ask("g.withStrategies(MatchAlgorithmStrategy(matchAlgorithm: "
                    "'org.apache.tinkerpop.gremlin.process.traversal.step.map."
                    "MatchStep$GreedyMatchAlgorithm')).V().count()") == "6");
    // Who only warns goes on.
    CHECK(graph.Ask("g.withStrategies(EdgeLabelVerificationStrategy(logWarning: true))"
                    ".V(1).out().count()") == "3");
    CHECK(graph.Ask("g.withStrategies(ReservedKeysVerificationStrategy(logWarning: true, "
                    "keys: ['age'])).V(1).property('age', 30).count()") == "1");
}
