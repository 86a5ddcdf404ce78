// Elements that clients send as values, and elements where users see or compare them.
#include "graph/number.h"
#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

Value Sent(ElementReference::Kind kind, Value id) {
    return Value(std::make_shared<ElementReference>(
        ElementReference{kind, std::move(id), "x", Value(), Value(), Value()}));
}

/// The first result of a script with one binding, x.
std::string AskWith(TestGraph& graph, const Value& x, const std::string& script) {
    Map bindings;
    bindings.Put(Value("x"), x);
    auto statements = gremlin::ParseScript(script, bindings);
    REQUIRE_MESSAGE(statements, statements.error().message);
    const auto prepared = gremlin::Prepare(std::move(*statements), script, graph.options);
    REQUIRE_MESSAGE(prepared, prepared.error().message);
    std::string text;
    const auto status =
        gremlin::Run(graph.Store(), *prepared, gyre::core::SystemClock(), {}, graph.options,
                     [&](exec::Context& context, const Value& value, int64_t) {
                         text += Shown(context, value) + " ";
                         return gyre::core::Status();
                     });
    REQUIRE_MESSAGE(status, status.error().message);
    if (!text.empty()) text.pop_back();
    return text;
}

}  // namespace

TEST_CASE("A vertex that a client sends is the store's wherever a value may stand") {
    TestGraph graph;
    const std::string a = "new Vertex(1, 'person')", b = "new Vertex(5, 'software')";
    CHECK(graph.Ask("g.V(" + a + ").repeat(__.out()).until(__.is(" + b + ")).path()") ==
          "<v1, v4, v5>");
    CHECK(graph.AskAnyOrder("g.V().is(P.neq(" + a + "))") == "v2 v3 v4 v5 v6");
    CHECK(graph.AskAnyOrder("g.V().is(P.within([" + a + ", " + b + "]))") == "v1 v5");
    CHECK(graph.AskAnyOrder("g.V().is(P.gt(" + a + ").and(P.neq(" + b + ")))") == "v2 v3 v4 v6");
    CHECK(graph.AskAnyOrder("g.V(1, 5).choose(identity()).option(" + a +
                            ", constant('a')).option(Pick.none, constant('z'))") == "a z");
    CHECK(graph.AskAnyOrder("g.V(5).constant(" + a + ").out('knows')") == "v2 v4");
    CHECK(graph.Ask("g.inject([x: " + a + "]).select('x').values('name')") == "marko");
    CHECK(graph.Ask("g.withSack(" + a + ").V(2).sack().values('name')") == "marko");
    CHECK(graph.Ask("g.withSideEffect('s', [" + a + "]).V().where(P.within('s'))") == "v1");
    CHECK(graph.Ask("g.inject(new Vertex(99, 'x')).is(new Vertex(99, 'y')).count()") == "1");
}

TEST_CASE("Bindings are elements too: edges, and vertex properties by their ids") {
    TestGraph graph;
    using Kind = ElementReference::Kind;
    CHECK(AskWith(graph, Sent(Kind::kVertex, Value(int32_t{4})), "g.V(1).out().is(x)") == "v4");
    CHECK(AskWith(graph, Sent(Kind::kEdge, Value(int32_t{8})), "g.E().is(x).inV()") == "v4");
    CHECK(AskWith(graph, Sent(Kind::kVertex, Value(int32_t{1})),
                  "g.V(2, 1).filter(__.identity().is(P.within([x])))") == "v1");
    REQUIRE(graph.Run("g.V(1).properties('age').id()").empty());
    const Value id(int64_t{std::stoll(graph.results.at(0))});
    CHECK(AskWith(graph, Sent(Kind::kVertexProperty, id), "g.V().properties().is(x).value()") ==
          "29");
    CHECK(AskWith(graph, Sent(Kind::kVertexProperty, id),
                  "g.V(1).properties().is(P.neq(x)).value()") == "marko");
}

TEST_CASE("Elements are ordered by their users' ids") {
    TestGraph graph(GraphMode::kTinkerGraph, false);
    REQUIRE(graph.Run("g.addV().property(id, 3).as('c').addV().property(id, 1).as('a')"
                      ".addV().property(id, 2).as('b').addE('e').from('c').to('a')"
                      ".property(id, 9).addE('e').from('a').to('b').property(id, 8)") == "");
    CHECK(graph.Ask("g.V().order()") == "v1 v2 v3");
    CHECK(graph.Ask("g.V().order().by(Order.desc)") == "v3 v2 v1");
    CHECK(graph.Ask("g.E().order()") == "e8 e9");
    CHECK(graph.Ask("g.V().fold().order(Scope.local)") == "[v1, v2, v3]");
    CHECK(graph.Ask("g.E().project('v').by(outV()).order()") == "{v:v1} {v:v3}");
    CHECK(graph.Ask("g.V().as('a').V().as('b').where('a', P.lt('b')).select('a', 'b').count()") ==
          "3");
    CHECK(graph.Ask("g.V(3).as('a').out().where(P.gt('a')).count()") == "0");
    CHECK(graph.Ask("g.V(1).as('a').out().where(P.gt('a'))") == "v2");
}

TEST_CASE("Texts show the users' ids, and a property's value cut short") {
    TestGraph graph;
    CHECK(graph.Ask("g.V(1).asString()") == "v[1]");
    CHECK(graph.Ask("g.V(1).out('knows').order().fold().asString()") == "[v[2], v[4]]");
    CHECK(graph.Ask("g.V(1).outE().inV().hasId(2).path().asString()") ==
          "path[v[1], e[7][1-knows->2], v[2]]");
    CHECK(graph.Ask("g.V(1, 2).order().fold().conjoin(';')") == "v[1];v[2]");
    CHECK(graph.Ask("g.V(2).format('%{_}').by(__.in())") == "v[1]");
    CHECK(graph.Ask("g.V(1).inV()") == "error: v[1] is a Vertex and not an Edge");
    CHECK(graph.Ask("g.V(1, 2).fold().reverse().unfold().count()") == "2");
    REQUIRE(graph.Run("g.V(1).property('long', 'abcdefghijklmnopqrstuvwxyz')") == "");
    CHECK(graph.Ask("g.V(1).properties('long').asString()") == "vp[long->abcdefghijklmnopq...]");
    CHECK(graph.Ask("g.V(1).properties('name').asString()") == "vp[name->marko]");
}

TEST_CASE("toSet() gives each result once") {
    TestGraph graph;
    CHECK(graph.AskAnyOrder("g.V().out().toSet()") == "v2 v3 v4 v5");
    CHECK(graph.AskAnyOrder("g.V().out().toList()") == "v2 v3 v3 v3 v4 v5");
}
