#include <random>

#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;

TEST_CASE("Walks of two edges are counted as they would be walked, at rest and changed") {
    TestGraph graph(GraphMode::kNeptune, false);
    std::mt19937 random(3);
    const auto add_edges = [&](int vertices, int edges) {
        std::string script;
        for (int i = 0; i < edges; ++i) {
            const auto any = [&] { return "'v" + std::to_string(random() % vertices) + "'"; };
            script += "g.V(" + any() + ").addE('" + (random() % 3 == 0 ? "b" : "a") + "').to(V(" +
                      any() + "))\n";
        }
        REQUIRE(graph.Run(script) == "");
    };
    const auto add_vertices = [&](int from, int to) {
        for (int i = from; i < to; ++i)
            REQUIRE(graph.Run("g.addV('n').property(id, 'v" + std::to_string(i) + "')") == "");
    };
    const auto check = [&] {
        for (const char* hops :
             {"out().out()", "out('a').out('a')", "in('a').in('b')", "out('a').in('a')",
              "out('a','b').out('b')", "out('none').out()", "out().out('none')", "in().both()",
              "outE('a').inV().out()", "out('a').outE('b')"}) {
            const std::string text(hops);
            // A label in between keeps the plan from counting before it walks.
            CHECK_MESSAGE(graph.Ask("g.V()." + text + ".count()") ==
                              graph.Ask("g.V().as('x')." + text + ".as('y').count()"),
                          text);
            CHECK_MESSAGE(
                graph.Ask("g.V().as('x')." + text + ".as('y').select('x', 'y').count()") ==
                    graph.Ask("g.V()." + text + ".path().count()"),
                text);
        }
        CHECK(graph.Ask(
                  "g.V().repeat(out()).times(3).as('x').in().as('y').select('x', 'y').count()") ==
              graph.Ask("g.V().out().out().out().in().path().count()"));
        // What is not there everywhere is missed.
        CHECK(graph.Ask("g.V().as('x').out().select('x', 'z').count()") == "0");
    };
    check();
    add_vertices(0, 12);
    add_edges(12, 40);
    check();
    REQUIRE(graph.Store().Rest());
    check();
    add_vertices(12, 16);
    add_edges(16, 20);
    REQUIRE(graph.Run("g.V('v3').drop(); g.V('v5').outE().limit(2).drop()") == "");
    check();
    CHECK(graph.Ask("g.V().out().out().count().is(gt(0)).count()") == "1");
    // A writer sees its own.
    const auto before = std::stoi(graph.Ask("g.V().as('x').out().out().count()"));
    CHECK(graph.Ask("g.addV('n').property(id, 'z').as('z').addE('a').to('z').iterate(); "
                    "g.V().out().out().count()") == std::to_string(before + 1));
    check();
    REQUIRE(graph.Store().Rest());
    check();
}
