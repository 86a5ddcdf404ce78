// Steps over the whole graph, services, lambdas and explanations, on the toy graph "modern".
#include "graph/gremlin/groovy.h"
#include "graph/test_graph.h"

using namespace gyre::graph;

TEST_CASE("pageRank, peerPressure and connectedComponent are read as properties") {
    TestGraph graph;
    const std::string g = "g.withComputer().V()";
    CHECK(graph.Ask(g + ".pageRank().order().by('gremlin.pageRankVertexProgram.pageRank', desc)"
                        ".by('name').values('name')") == "lop ripple josh vadas marko peter");
    CHECK(graph.AskAnyOrder(
              g + ".hasLabel('person').pageRank().with('~tinkerpop.pageRank.propertyName', 'rank')"
                  ".values('rank').math('ceil(_ * 100)')") == "46.0 46.0 59.0 59.0");
    CHECK(graph.AskAnyOrder(g +
                            ".out('created').pageRank().with('~tinkerpop.pageRank.edges', bothE())"
                            ".with('~tinkerpop.pageRank.propertyName', 'r')"
                            ".with('~tinkerpop.pageRank.times', 0).valueMap('name', 'r')") ==
          "{name:[lop], r:[3.0]} {name:[lop], r:[3.0]} {name:[lop], r:[3.0]} "
          "{name:[ripple], r:[1.0]}");
    CHECK(graph.AskAnyOrder(
              g + ".has('name', 'ripple').in('created').peerPressure()"
                  ".with('~tinkerpop.peerPressure.propertyName', 'c')"
                  ".with('~tinkerpop.peerPressure.edges', outE()).both().values('c')") == "1 4 4");
    CHECK(graph.AskAnyOrder(
              g + ".hasLabel('person').connectedComponent()"
                  ".with('~tinkerpop.connectedComponent.edges', bothE('knows'))"
                  ".with('~tinkerpop.connectedComponent.propertyName', 'c').values('c')") ==
          "1 1 1 6");
    CHECK(graph.Ask("g.V().values('gremlin.pageRankVertexProgram.pageRank')") == "");
}

TEST_CASE("shortestPath finds all shortest paths, by hops or by weights") {
    TestGraph graph;
    const std::string marko = "g.withComputer().V().has('name', 'marko').shortestPath()";
    CHECK(graph.AskAnyOrder(marko) == "<v1, v2> <v1, v3, v6> <v1, v3> <v1, v4, v5> <v1, v4> <v1>");
    CHECK(graph.Ask(marko + ".with('~tinkerpop.shortestPath.target', has('name', 'josh'))"
                            ".with('~tinkerpop.shortestPath.distance', 'weight')") ==
          "<v1, v3, v4>");
    CHECK(graph.AskAnyOrder(marko + ".with('~tinkerpop.shortestPath.maxDistance', 1)"
                                    ".with('~tinkerpop.shortestPath.includeEdges')") ==
          "<v1, e7, v2> <v1, e8, v4> <v1, e9, v3> <v1>");
    CHECK(graph.AskAnyOrder(marko + ".with('~tinkerpop.shortestPath.edges', Direction.IN)") ==
          "<v1>");
    CHECK(graph.Ask("g.V().shortestPath()").find("withComputer") != std::string::npos);
    CHECK(graph.Ask("g.withComputer().E().shortestPath()").find("for vertices") !=
          std::string::npos);
}

TEST_CASE("Services are listed and called") {
    TestGraph graph;
    CHECK(graph.Ask("g.call()") == "tinker.search tinker.degree.centrality");
    CHECK(graph.Ask("g.call('--list').with('service', constant('tinker.search'))") ==
          "tinker.search");
    CHECK(graph.Ask("g.call('tinker.search', ['search': 'mar']).element()") == "v1");
    CHECK(graph.Ask("g.call('tinker.search', ['search': 'mar']).with('type', 'Edge')") == "");
    CHECK(graph.Ask("g.V().where(call('tinker.degree.centrality').is(3))") == "v3");
    CHECK(graph.Ask("g.V(1).call('tinker.degree.centrality').with('direction', BOTH)") == "3");
    CHECK(graph.Ask("g.call('nobody')") == "error: Unrecognized service: nobody");
    CHECK(graph.Ask("g.call('tinker.search', ['regex': '('])").starts_with("error: "));
    CHECK(graph.Ask("g.V().call('tinker.search')").starts_with("error: "));
}

TEST_CASE("Sacks are normalised and merged at barriers") {
    TestGraph graph;
    CHECK(graph.Ask("g.withSack(1.0d, sum).V(1).local(out('knows').barrier(normSack))"
                    ".in('knows').barrier().sack()") == "1.0 1.0");
    CHECK(graph.Ask("g.withBulk(false).withSack(1.0d, sum).V(1)"
                    ".local(outE('knows').barrier(normSack).inV()).in('knows').barrier().sack()") ==
          "1.0");
    CHECK(graph.AskAnyOrder("g.withBulk(false).withSack(1, sum).V().out().barrier().sack()") ==
          "1 1 1 3");
}

TEST_CASE("subgraph gathers edges and their ends") {
    TestGraph graph;
    CHECK(graph.Ask("g.V(1).outE('knows').subgraph('s').cap('s')") == "graph[vertices:3 edges:2]");
    CHECK(graph.Ask("g.V().outE('no').subgraph('s').cap('s')") == "graph[vertices:0 edges:0]");
    CHECK(graph.Ask("g.V().subgraph('s')").starts_with("error: "));
}

TEST_CASE("explain() and profile() tell what a traversal does") {
    TestGraph graph;
    const std::string explained = graph.Ask("g.V().has('name', 'marko').out('knows').explain()");
    CHECK(explained.find("HasStep([name.eq(marko)])") != std::string::npos);
    CHECK(explained.find("GraphStep(vertex,[],[name.eq(marko)])") != std::string::npos);
    const std::string profiled = graph.Ask("g.V().out('knows').values('name').profile()");
    CHECK(profiled.find("VertexStep(OUT,[knows],vertex)") != std::string::npos);
    CHECK(profiled.find(">TOTAL") != std::string::npos);
    CHECK(graph.Run("g.V().out('knows').profile('p').cap('p')") == "");
}

namespace {

std::string RunLambdaScript(TestGraph& graph, const std::string& steps, const std::string& script,
                            int32_t arguments = -1) {
    Map bindings;
    bindings.Put("f", Value(std::make_shared<Lambda>(Lambda{"gremlin-groovy", script, arguments})));
    const std::string text = "g.V()." + steps;
    auto statements = gremlin::ParseScript(text, bindings);
    REQUIRE(statements);
    const auto prepared = gremlin::Prepare(std::move(*statements), text, {});
    if (!prepared) return "error: " + prepared.error().message;
    std::string shown;
    const auto status = gremlin::Run(graph.Store(), *prepared, gyre::core::SystemClock(), {}, {},
                                     [&](exec::Context& context, const Value& value, int64_t) {
                                         shown +=
                                             (shown.empty() ? "" : " ") + Shown(context, value);
                                         return gyre::core::Status();
                                     });
    return status ? shown : "error: " + status.error().message;
}

}  // namespace

TEST_CASE("Lambdas are the expressions of Groovy") {
    TestGraph graph;
    const auto run = [&](const char* steps, const char* script, int32_t arguments = -1) {
        return RunLambdaScript(graph, steps, script, arguments);
    };
    CHECK(run("map(f)", "it.get().value('name').substring(0, 2)") == "ma va lo jo ri pe");
    CHECK(run("filter(f)", "it.get().property('age').orElse(0) > 30") == "v4 v6");
    CHECK(run("filter(f)",
              "{name = it.get().value('name'); name.startsWith('m') || "
              "name.startsWith('p')}") == "v1 v6");
    CHECK(run("map(f)", "it.get().label() == 'person' ? 'a' : 'b'") == "a a b a b a");
    CHECK(run("repeat(out()).until(f).count()",
              "t -> t.get().value('name').equals('lop') || t.loops() > 1") == "5");
    CHECK(run("values('name').order().by(f)", "a, b -> b.compareTo(a)", 2) ==
          "vadas ripple peter marko lop josh");
    CHECK(run("properties('age').map(f)",
              "{ it -> \n def val = it.get().value()\n"
              " if (val instanceof Integer)\n val = 'd[' + val + '].i'\n"
              " return it.get().element().value('name') + val }") ==
          "markod[29].i vadasd[27].i joshd[32].i peterd[35].i");
    CHECK(run("map(f)", "it.get().exit()").starts_with("error: in the lambda: No signature"));
    CHECK(run("map(f)", "System.exit(1)").starts_with("error: in the lambda: No such property"));
    CHECK(run("map(f)", "it.get(").starts_with("error: in the lambda, expected"));
    CHECK(run("map(f)", std::string(5000, '(').c_str()).starts_with("error: in the lambda"));
    TestGraph neptune(GraphMode::kNeptune, false);
    REQUIRE(neptune.Run("g.addV('x')") == "");
    CHECK(RunLambdaScript(neptune, "map(f)", "1") == "error: lambdas are not supported");
}

TEST_CASE("A graph computer sees the part of the graph that its filters let through") {
    TestGraph graph;
    const auto with = [](const std::string& options) {
        return "g.withStrategies(new VertexProgramStrategy(" + options + "))";
    };
    const std::string persons = with("vertices: hasLabel('person')");
    CHECK(graph.AskAnyOrder(persons + ".V()") == "v1 v2 v4 v6");
    CHECK(graph.AskAnyOrder(persons + ".V().out()") == "v2 v4");
    CHECK(graph.AskAnyOrder(persons + ".V(4).union(out(), in())") == "v1");
    CHECK(graph.AskAnyOrder(persons + ".V(1).repeat(both()).times(2).dedup()") == "v1");
    CHECK(graph.AskAnyOrder(persons + ".V(1).local(out())") == "v2 v4");
    // The edges of a vertex that is seen are, wherever they lead, and who only looks sees the ends.
    CHECK(graph.Ask(persons + ".V(1).outE().count()") == "3");
    CHECK(graph.AskAnyOrder(persons + ".V(1).outE().inV()") == "v2 v4");
    CHECK(graph.Ask(persons + ".E().count()") == "6");
    CHECK(graph.AskAnyOrder(persons + ".V().where(out('created'))") == "v1 v4 v6");
    CHECK(graph.Ask(with("vertices: hasLabel('software')") + ".E().count()") == "0");

    const std::string knows = with("edges: bothE('knows')");
    CHECK(graph.AskAnyOrder(knows + ".V(1).both()") == "v2 v4");
    CHECK(graph.AskAnyOrder(knows + ".E()") == "e7 e8");
    CHECK(graph.Ask(knows + ".V(1).outE('created').count()") == "0");
    CHECK(graph.Ask(knows + ".V().project('n').by(bothE().count()).select('n').sum()") == "4");
    CHECK(graph.AskAnyOrder(with("edges: bothE().has('weight', gte(1.0))") + ".V(4).both()") ==
          "v1 v5");
    // Of outE(), no edge comes in.
    const std::string out = with("edges: outE()");
    CHECK(graph.Ask(out + ".V(3).in().count()") == "0");
    CHECK(graph.AskAnyOrder(out + ".V(4).both()") == "v3 v5");
    CHECK(graph.AskAnyOrder(out + ".V(4).bothE().otherV()") == "v3 v5");
    CHECK(graph.Ask(out + ".E().count()") == "6");
    CHECK(graph.Ask(with("edges: inE()") + ".E().count()") == "0");
    const std::string either = with("edges: union(outE('created'), inE('knows'))");
    CHECK(graph.AskAnyOrder(either + ".V(4).both()") == "v1 v3 v5");
    CHECK(graph.AskAnyOrder(either + ".V(1).both()") == "v3");
    CHECK(graph.Ask(with("edges: bothE().limit(0)") + ".V().bothE().count()") == "0");
    CHECK(graph.AskAnyOrder(with("vertices: hasLabel('person'), edges: outE('knows')") +
                            ".V().both()") == "v2 v4");

    // Programs go by it.
    CHECK(graph.AskAnyOrder(with("vertices: hasLabel('person'), edges: bothE('knows')") +
                            ".V().connectedComponent().values("
                            "'gremlin.connectedComponentVertexProgram.component')") == "1 1 1 6");
    CHECK(graph.AskAnyOrder(persons + ".V(1).shortestPath()") == "<v1, v2> <v1, v4> <v1>");
    CHECK(graph.AskAnyOrder(knows + ".V(1).shortestPath()") == "<v1, v2> <v1, v4> <v1>");
    CHECK(graph.AskAnyOrder(out + ".V(1).shortestPath().with('~tinkerpop.shortestPath.edges', "
                                  "Direction.IN)") == "<v1>");
    CHECK(graph.Ask(persons + ".V().pageRank().values('gremlin.pageRankVertexProgram.pageRank')"
                              ".math('floor(_ * 100 + 0.5)').order().limit(1)") == "21.0");
}

TEST_CASE("A graph computer's other options are taken or refused") {
    TestGraph graph;
    const auto ask = [&](const std::string& options) {
        return graph.Ask("g.withStrategies(new VertexProgramStrategy(" + options +
                         ")).V().count()");
    };
    for (const char* taken :
         {"workers: 4", "graphComputer: 'org.apache.tinkerpop.TinkerGraphComputer'",
          "persist: 'NOTHING', result: 'ORIGINAL'", "persist: 'EDGES', result: 'NEW'"}) {
        CAPTURE(taken);
        CHECK(ask(taken) == "6");
    }
    for (const auto& [options, error] : std::vector<std::pair<const char*, const char*>>{
             {"persist: 'VERTEX_PROPERTIES'", "not implemented: what it finds is not kept"},
             {"persist: 'EDGES', result: 'ORIGINAL'", "not implemented"},
             {"result: 'NEW', persist: 'NOTHING'", "not implemented"},
             {"result: 'OTHER'", "is not known: OTHER"},
             {"workers: 0", "a number from 1 on"},
             {"speed: 1", "VertexProgramStrategy has no option speed"},
             {"vertices: 1", "option vertices is a traversal"},
             {"vertices: out()", "filter traversal accesses incident edges"},
             {"edges: outE().where(inV().has('name', 'lop'))", "accesses data on adjacent"},
             {"edges: bothE().order().limit(1)", "not implemented"}}) {
        CAPTURE(options);
        CHECK(ask(options).find(error) != std::string::npos);
    }
    CHECK(
        graph.Ask("g.withComputer().V().drop()").find("currently not supported on GraphComputer") !=
        std::string::npos);
    CHECK(graph.Ask("g.withComputer().withBulk(false).V()").find("One bulk") != std::string::npos);
}
