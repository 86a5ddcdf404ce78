// What TinkerPop's reference documentation shows on its toy graph "modern".
#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

struct ModernCase {
    const char* query;
    const char* results;  ///< sorted by their texts
};

void CheckEach(TestGraph& graph, std::initializer_list<ModernCase> cases) {
    for (const ModernCase& one : cases) {
        CAPTURE(one.query);
        CHECK(graph.AskAnyOrder(one.query) == one.results);
    }
}

}  // namespace

TEST_CASE("Gremlin walks along edges") {
    TestGraph graph;
    CheckEach(graph,
              {
                  {"g.V()", "v1 v2 v3 v4 v5 v6"},
                  {"g.V(1, 4)", "v1 v4"},
                  {"g.V(99)", ""},
                  {"g.E()", "e10 e11 e12 e7 e8 e9"},
                  {"g.E(11)", "e11"},
                  {"g.V(1).out()", "v2 v3 v4"},
                  {"g.V(1).out('knows')", "v2 v4"},
                  {"g.V(1).out('knows', 'created')", "v2 v3 v4"},
                  {"g.V(1).out('nothing')", ""},
                  {"g.V(3).in('created')", "v1 v4 v6"},
                  {"g.V(4).both()", "v1 v3 v5"},
                  {"g.V(4).bothE()", "e10 e11 e8"},
                  {"g.V(4).bothE().otherV()", "v1 v3 v5"},
                  {"g.V(4).inE('knows').outV()", "v1"},
                  {"g.E(8).bothV()", "v1 v4"},
                  {"g.V(1).outE().has('weight', gt(0.45)).inV().values('name')", "josh vadas"},
                  {"g.V().out('knows').out('created').count()", "2"},
                  {"g.V().both().both().count()", "30"},
                  {"g.V(1).to(Direction.OUT, 'knows')", "v2 v4"},
                  {"g.V(1).toE(OUT, 'created').toV(IN)", "v3"},
              });
}

TEST_CASE("Gremlin filters") {
    TestGraph graph;
    CheckEach(
        graph,
        {
            {"g.V().hasLabel('person')", "v1 v2 v4 v6"},
            {"g.V().hasLabel('person', 'software').count()", "6"},
            {"g.V().hasLabel(neq('person'))", "v3 v5"},
            {"g.V().has('age')", "v1 v2 v4 v6"},
            {"g.V().hasNot('age')", "v3 v5"},
            {"g.V().has('name', 'josh')", "v4"},
            {"g.V().has('person', 'name', 'lop')", ""},
            {"g.V().has('age', between(27, 32))", "v1 v2"},
            {"g.V().has('age', inside(27, 32))", "v1"},
            {"g.V().has('age', outside(28, 33))", "v2 v6"},
            {"g.V().has('name', within('josh', 'marko'))", "v1 v4"},
            {"g.V().has('name', without('josh', 'marko')).values('name')",
             "lop peter ripple vadas"},
            {"g.V().has('name', startingWith('m').or(endingWith('s')))", "v1 v2"},
            {"g.V().has('name', TextP.containing('ip'))", "v5"},
            {"g.V().has('name', TextP.regex('^[jm]'))", "v1 v4"},
            {"g.V().has('age', gt(29L))", "v4 v6"},
            {"g.V().has('age', not(gt(29)))", "v1 v2"},
            {"g.V().has(T.label, 'software')", "v3 v5"},
            {"g.V().has(id, 2)", "v2"},
            {"g.V().hasId(1, 2)", "v1 v2"},
            {"g.V().values('age').is(lte(29))", "27 29"},
            {"g.V().filter(out('created'))", "v1 v4 v6"},
            {"g.V().where(out('created').count().is(gt(1)))", "v4"},
            {"g.V().not(out())", "v2 v3 v5"},
            {"g.V().and(outE('knows'), values('age').is(lt(30)))", "v1"},
            {"g.V().or(outE('knows'), has('lang'))", "v1 v3 v5"},
            {"g.V().where(outE('created').and().outE('knows')).values('name')", "marko"},
            {"g.V().hasLabel('person').or(has('name', 'josh'), has('age', 29)).count()", "2"},
            {"g.V(1).as('a').out('created').in('created').where(neq('a'))", "v4 v6"},
            {"g.V().as('a').out('created').as('b').in('created').count()", "10"},
            {"g.V().as('a').out('created').where(__.as('a').values('name').is('josh'))", "v3 v5"},
            {"g.V().as('a').both().both().as('b').where('a', lt('b')).by('age').count()", "4"},
            {"g.V().out().dedup()", "v2 v3 v4 v5"},
            {"g.V().dedup().by(label).values('name')", "lop marko"},
            {"g.V(1).as('a').out().as('b').in().as('c').dedup('a', 'b').count()", "3"},
            {"g.V(1).both().both().simplePath()", "v3 v4 v5 v6"},
            {"g.V(1).both().both().cyclicPath()", "v1 v1 v1"},
            {"g.V().coin(0.0)", ""},
            {"g.V().coin(1.0).count()", "6"},
            {"g.inject([1, 2], [3]).all(P.lt(3)).count()", "1"},
            {"g.inject([1, 2], [3]).any(P.gt(2)).count()", "1"},
        });
}

TEST_CASE("Gremlin reads elements") {
    TestGraph graph;
    CheckEach(graph, {
                         {"g.V().values('name')", "josh lop marko peter ripple vadas"},
                         {"g.V(1).values('name', 'age')", "29 marko"},
                         {"g.V(1).valueMap()", "{name:[marko], age:[29]}"},
                         {"g.V(1).valueMap('age')", "{age:[29]}"},
                         {"g.V(1).valueMap(true)", "{id:1, label:person, name:[marko], age:[29]}"},
                         {"g.V(1).valueMap('name').with(WithOptions.tokens, WithOptions.ids)",
                          "{id:1, name:[marko]}"},
                         {"g.V(1).valueMap().by(unfold())", "{name:marko, age:29}"},
                         {"g.V(1).elementMap()", "{id:1, label:person, name:marko, age:29}"},
                         {"g.E(7).elementMap()",
                          "{id:7, label:knows, IN:{id:2, label:person}, OUT:{id:1, label:person}, "
                          "weight:0.5}"},
                         {"g.E(7).valueMap()", "{weight:0.5}"},
                         {"g.V(1).properties('age').key()", "age"},
                         {"g.V(1).properties('age').value()", "29"},
                         {"g.V(1).properties().hasKey('name').value()", "marko"},
                         {"g.V(1).properties('age').element()", "v1"},
                         {"g.V(1).id()", "1"},
                         {"g.E(7).label()", "knows"},
                         {"g.V(1).propertyMap('age')", "{age:[vp[age->29]]}"},
                     });
}

TEST_CASE("Gremlin reduces") {
    TestGraph graph;
    CheckEach(
        graph,
        {
            {"g.V().count()", "6"},
            {"g.V().hasLabel('person').count()", "4"},
            {"g.V().hasLabel('robot').count()", "0"},
            {"g.E().count()", "6"},
            {"g.E().hasLabel('knows').count()", "2"},
            {"g.V().out().count()", "6"},
            {"g.V(3).inE('created').count()", "3"},
            {"g.V(99).out().count()", "0"},
            {"g.V().values('age').sum()", "123"},
            {"g.V().values('age').min()", "27"},
            {"g.V().values('age').max()", "35"},
            {"g.V().values('age').mean()", "30.75"},
            {"g.V().values('nothing').sum()", ""},
            {"g.V().values('name').max()", "vadas"},
            {"g.V().values('age').fold().sum(local)", "123"},
            {"g.V().values('age').fold().count(Scope.local)", "4"},
            {"g.V().values('age').fold(0, Operator.sum)", "123"},
            {"g.V(99).fold()", "[]"},
            {"g.V().group().by(label).by('name')",
             "{person:[marko, vadas, josh, peter], software:[lop, ripple]}"},
            {"g.V().group().by(label).by(count())", "{person:4, software:2}"},
            {"g.V().hasLabel('person').group().by('name').by(outE().count())",
             "{marko:3, vadas:0, josh:2, peter:1}"},
            {"g.V().group().by(bothE().count())", "{3:[v1, v3, v4], 1:[v2, v5, v6]}"},
            {"g.V().hasLabel('person').group().by('age').by(out('created').values('name').fold())",
             "{29:[lop], 27:[], 32:[lop, ripple], 35:[lop]}"},
            {"g.V().groupCount().by(label)", "{person:4, software:2}"},
            {"g.V().out().groupCount().by('name').order(local).by(values, desc)",
             "{lop:3, vadas:1, josh:1, ripple:1}"},
            {"g.V().group('a').by(label).cap('a').select('software')", "[v3, v5]"},
            {"g.V().hasLabel('person').values('age').order().fold().unfold().limit(2)", "27 29"},
            {"g.V(1).out().tree().by('name').count()", "1"},
        });
}

TEST_CASE("Gremlin orders and cuts") {
    TestGraph graph;
    const ModernCase kOrdered[] = {
        {"g.V().values('name').order()", "josh lop marko peter ripple vadas"},
        {"g.V().values('name').order().by(desc)", "vadas ripple peter marko lop josh"},
        {"g.V().hasLabel('person').order().by('age', desc).values('name')",
         "peter josh marko vadas"},
        {"g.V().order().by('age').values('name')", "vadas marko josh peter"},
        {"g.V().hasLabel('person').order().by(outE('created').count(), "
         "desc).by('age').values('name')",
         "josh marko peter vadas"},
        {"g.V().values('name').order().limit(2)", "josh lop"},
        {"g.V().values('name').order().range(1, 3)", "lop marko"},
        {"g.V().values('name').order().skip(4)", "ripple vadas"},
        {"g.V().values('name').order().tail(2)", "ripple vadas"},
        {"g.V().values('name').order().tail()", "vadas"},
        {"g.V().values('age').order().fold().range(local, 1, 3)", "[29, 32]"},
        {"g.V().values('age').order().fold().limit(local, 1)", "27"},
        {"g.V().values('age').order().fold().tail(local, 2)", "[32, 35]"},
        {"g.inject([3, 1, 2]).order(local)", "[1, 2, 3]"},
        {"g.V().has('lang').values('name').order().by(shuffle).count()", "2"},
        {"g.inject(3, 1.5, 2L, null, 'a', true).order()", "null true 1.5 2 3 a"},
    };
    for (const ModernCase& one : kOrdered) {
        CAPTURE(one.query);
        CHECK(graph.Ask(one.query) == one.results);
    }
}

TEST_CASE("Gremlin remembers paths and names") {
    TestGraph graph;
    CheckEach(
        graph,
        {
            {"g.V(1).out().out().path()", "<v1, v4, v3> <v1, v4, v5>"},
            {"g.V(1).out().out().values('name').path().by('name').by('name').by('name').by()",
             "<marko, josh, lop, lop> <marko, josh, ripple, ripple>"},
            {"g.V(1).values('name').path().by('age').by('age')",
             "error: The by(\"age\") modulator can only be applied to a traverser that is an "
             "Element or a Map - it is being applied to [marko] a String class instead"},
            {"g.V(1).out().path().by('name')", "<marko, josh> <marko, lop> <marko, vadas>"},
            {"g.V(1).out().path().by('age')", "<29, 27> <29, 32>"},
            {"g.V(1).as('a').out('knows').as('b').select('a', 'b').by('name')",
             "{a:marko, b:josh} {a:marko, b:vadas}"},
            {"g.V(1).as('a').out('knows').select('a')", "v1 v1"},
            {"g.V(1).as('a').out().as('a').select(all, 'a').count(local)", "2 2 2"},
            {"g.V(1).as('a').out('created').as('a').select(first, 'a')", "v1"},
            {"g.V(1).as('a').out('created').as('a').select(last, 'a')", "v3"},
            {"g.V(1).valueMap().select('age')", "[29]"},
            {"g.V(1).valueMap().select(keys)", "{name, age}"},
            {"g.V(1).valueMap().select(values)", "[[marko], [29]]"},
            {"g.V().hasLabel('person').project('n', 'c').by('name').by(out('created').count())",
             "{n:josh, c:2} {n:marko, c:1} {n:peter, c:1} {n:vadas, c:0}"},
            {"g.V().project('a').by('age').count()", "6"},
            {"g.V(1).as('a').out().as('b').path().from('b').by('name')", "<josh> <lop> <vadas>"},
            {"g.V().match(__.as('a').out('created').as('b'), __.as('b').has('name', 'lop'), "
             "__.as('b').in('created').as('c'), __.as('c').has('age', 29))"
             ".select('a', 'c').by('name')",
             "{a:josh, c:marko} {a:marko, c:marko} {a:peter, c:marko}"},
            {"g.V().match(__.as('a').out('knows').as('b'), where('a', neq('b'))).count()", "2"},
            {"g.V().as('a').out().as('b').match(__.as('a').out().count().as('c'), "
             "or(__.as('a').out('knows').as('b'), __.as('b').has('lang')))"
             ".select('b').by('name')",
             "josh lop lop lop ripple vadas"},
        });
}

TEST_CASE("Gremlin branches and repeats") {
    TestGraph graph;
    CheckEach(
        graph,
        {
            {"g.V(1).repeat(out()).times(2).values('name')", "lop ripple"},
            {"g.V(1).repeat(out()).emit().values('name')", "josh lop lop ripple vadas"},
            {"g.V(1).emit().repeat(out()).times(1).values('name')", "josh lop marko vadas"},
            {"g.V(1).repeat(out()).until(has('lang')).values('name')", "lop lop ripple"},
            {"g.V(1).until(has('name', 'ripple')).repeat(out()).path().by('name')",
             "<marko, josh, ripple>"},
            {"g.V(3).until(has('lang')).repeat(out()).values('name')", "lop"},
            {"g.V().repeat(both()).times(3).count()", "72"},
            {"g.V().times(2).repeat(out()).values('name')", "lop ripple"},
            {"g.V(1).repeat(out()).times(2).emit(has('lang')).values('name')", "lop lop ripple"},
            {"g.V(1).repeat(out().as('x')).until(loops().is(2)).select(last, 'x')", "v3 v5"},
            {"g.V(1).repeat('a', out().repeat('b', in()).times(1)).times(1).dedup().count()", "3"},
            {"g.V(2).repeat(both().simplePath()).until(hasId(5)).path().by('name').limit(1)",
             "<vadas, marko, josh, ripple>"},
            {"g.V().choose(hasLabel('person'), values('age'), values('lang')).dedup()",
             "27 29 32 35 java"},
            {"g.V().hasLabel('person').choose(values('age').is(gt(30)), constant('old'))"
             ".count()",
             "4"},
            {"g.V().choose(label()).option('person', values('age'))"
             ".option(none, values('name'))",
             "27 29 32 35 lop ripple"},
            {"g.V().coalesce(out('knows'), out('created')).dedup()", "v2 v3 v4 v5"},
            {"g.V().coalesce(values('age'), constant(0)).sum()", "123"},
            {"g.V(1).optional(out('knows'))", "v2 v4"},
            {"g.V(2).optional(out('knows'))", "v2"},
            {"g.V(4).union(in().values('age'), out().values('lang'))", "29 java java"},
            {"g.union(V(1), V(2)).values('name')", "marko vadas"},
            {"g.V().local(outE().limit(1)).count()", "3"},
            {"g.V().hasLabel('person').map(out('created').count())", "0 1 1 2"},
            {"g.V(1).flatMap(out())", "v2 v3 v4"},
            {"g.V(1).out().sideEffect(in()).count()", "3"},
            {"g.V().hasLabel('person').aggregate('x').by('age').cap('x')", "(29, 27, 32, 35)"},
            {"g.V(1).aggregate('x').out('created').in('created').where(without('x'))", "v4 v6"},
            {"g.V().store('x').by('name').limit(1).cap('x').unfold().count()", "1"},
            {"g.withSideEffect('x', ['a']).V(1).values('name').aggregate('x').cap('x')",
             "[a, marko]"},
            {"g.withSack(1).V(1).repeat(outE().sack(mult).by('weight').inV()).times(2).sack()",
             "0.4 1.0"},
            {"g.V().branch(label()).option('person', values('age')).option('software', "
             "constant(1)).sum()",
             "125"},
        });
}

TEST_CASE("Gremlin computes") {
    TestGraph graph;
    CheckEach(graph, {
                         {"g.V(1).constant('x')", "x"},
                         {"g.inject(1, 2, 3).sum()", "6"},
                         {"g.inject([1, [2, 3]]).unfold()", "1 [2, 3]"},
                         {"g.V(1).valueMap().unfold()", "age:[29] name:[marko]"},
                         {"g.V().values('age').math('_ * 2 + 1').order().limit(1)", "55.0"},
                         {"g.V().as('a').out('knows').as('b').math('a - b').by('age')", "-3.0 2.0"},
                         {"g.V(1).values('name').concat('!', '?')", "marko!?"},
                         {"g.inject('Hello').toUpper()", "HELLO"},
                         {"g.inject('  a ').trim().length()", "1"},
                         {"g.inject('a,b').split(',')", "[a, b]"},
                         {"g.inject('hello').substring(1, 3)", "el"},
                         {"g.inject('hello').replace('l', 'L').reverse()", "oLLeh"},
                         {"g.V(1).format('%{name} is %{age}')", "marko is 29"},
                         {"g.inject(1).asString().concat('x')", "1x"},
                         {"g.inject('2023-08-02').asDate().dateAdd(DT.day, 1).dateDiff("
                          "datetime('2023-08-02'))",
                          "86400"},
                         {"g.inject([1, 2, 3]).difference([2])", "{1, 3}"},
                         {"g.inject([1, 2]).combine([2])", "[1, 2, 2]"},
                         {"g.inject([1, 2]).conjoin('-')", "1-2"},
                         {"g.inject(['a', 'b']).index()", "[[a, 0], [b, 1]]"},
                         {"g.inject(127b).sum()", "127"},
                         {"g.inject(2147483647, 1).sum()", "2147483648"},
                         // More than 128 bits: compared by their digits.
                         {"g.inject(2n, 1000000000000000000000000000000000000000000000n).max()",
                          "1000000000000000000000000000000000000000000000"},
                         {"g.inject(2n, -1000000000000000000000000000000000000000000000n).min()",
                          "-1000000000000000000000000000000000000000000000"},
                         {"g.inject(1000000000000000000000000000000000000000000000n).is(lt("
                          "1000000000000000000000000000000000000000000001n))",
                          "1000000000000000000000000000000000000000000000"},
                         {"g.inject(1000000000000000000000000000000000000000000000n, 1).sum()",
                          "1000000000000000000000000000000000000000000001"},
                         {"g.inject(5, 2.0).max()", "5.0"},
                         {"g.inject(null, null).max()", "null"},
                         {"g.inject([null]).mean(local)", "null"},
                         {"g.inject(1, null, 2).sum()", "3"},
                         {"g.inject(1.0).not(is(gt(0)))", ""},
                         {"g.inject(1.0).not(is(gt(NaN)))", ""},
                         {"g.inject('a').not(is(lt(1)))", ""},
                         {"g.inject(1.0).not(is(lt(NaN).and(gt(2))))", "1.0"},
                         {"g.withSideEffect('a', [1, 2], assign).V(1, 2).aggregate('a').by('age')"
                          ".cap('a').unfold()",
                          "27 29"},
                     });
}

TEST_CASE("Strategies narrow what is seen") {
    TestGraph graph;
    CheckEach(
        graph,
        {
            {"g.withStrategies(new SubgraphStrategy(vertices: hasLabel('person'))).V().count()",
             "4"},
            {"g.withStrategies(new SubgraphStrategy(vertices: hasLabel('person'))).V(1).out()",
             "v2 v4"},
            {"g.withStrategies(new SubgraphStrategy(vertices: hasLabel('person'))).E()", "e7 e8"},
            {"g.withStrategies(new SubgraphStrategy(edges: has('weight', gte(1.0)))).V(4).both()",
             "v1 v5"},
            {"g.withStrategies(new SubgraphStrategy(vertices: hasLabel('person'), "
             "checkAdjacentVertices: false)).E().count()",
             "6"},
            {"g.withStrategies(ReadOnlyStrategy).V().count()", "6"},
            {"g.withStrategies(new SubgraphStrategy(vertexProperties: hasKey('name')))"
             ".V(1).properties().value()",
             "marko"},
            {"g.withStrategies(new SubgraphStrategy(vertexProperties: hasKey('name')))"
             ".V(4).values()",
             "josh"},
            {"g.withStrategies(new SubgraphStrategy(vertexProperties: hasKey('name')))"
             ".V(4).valueMap()",
             "{name:[josh]}"},
            {"g.withStrategies(new SubgraphStrategy(vertexProperties: hasKey('name')))"
             ".V(4).project('n', 'a').by('name').by('age')",
             "{n:josh}"},
            {"g.withStrategies(new SubgraphStrategy(vertexProperties: hasKey('name')))"
             ".E(7).valueMap()",
             "{weight:0.5}"},
            {"g.withStrategies(NoSuchStrategy).V()",
             "error: TraversalStrategy not recognized - NoSuchStrategy"},
            {"g.withoutStrategies(NoSuchStrategy).V().count()", "6"},
            {"g.withStrategies(new EdgeLabelVerificationStrategy(throwException: true))"
             ".V(1).out('knows').count()",
             "2"},
            {"g.withStrategies(new EdgeLabelVerificationStrategy(throwException: true))"
             ".V(1).where(out())",
             "error: The provided traversal contains a vertex step without any specified edge "
             "label"},
            {"g.withStrategies(new ReservedKeysVerificationStrategy(throwException: true))"
             ".V(1).property('id', 1)",
             "error: The provided traversal contains a step that is setting a property key to a "
             "reserved word: id"},
            {"g.withStrategies(ReadOnlyStrategy).addV()",
             "error: The provided traversal has a mutating step and thus is not read only"},
        });
    for (const char* body : {"inject('y')", "union(inject(1), identity())", "count()", "fold()"}) {
        CAPTURE(body);
        CHECK(graph.Ask("g.V().repeat(" + std::string(body) + ").times(2)")
                  .find("can not be repeat()-step") != std::string::npos);
    }
    // Java's Random(7) gives 0.73, 0.75, 0.35, 0.90…
    const std::string seeded = "g.withStrategies(new SeedStrategy(seed: 7))";
    CHECK(graph.Ask(seeded + ".inject(1, 2, 3, 4).coin(0.5)") == "3");
    CHECK(graph.Ask(seeded + ".V().sample(2).id()") == graph.Ask(seeded + ".V().sample(2).id()"));
    CHECK(graph.Ask(
              "g.withStrategies(new PartitionStrategy(partitionKey: 'part', writePartition: 'a', "
              "readPartitions: ['a'])).addV('x').values('part')") == "a");
    CHECK(graph.Ask(
              "g.withStrategies(new PartitionStrategy(partitionKey: 'part', writePartition: 'b', "
              "readPartitions: ['a'])).V().count()") == "1");
    CHECK(graph.Ask(
              "g.withStrategies(new PartitionStrategy(partitionKey: 'part', writePartition: 'b', "
              "readPartitions: ['b'])).V().count()") == "0");
    const std::string meta =
        "g.withStrategies(new PartitionStrategy(partitionKey: 'part', includeMetaProperties: true,"
        "writePartition: 'a', readPartitions: ['a']))";
    REQUIRE(graph.Run(meta + ".addV('y').property('k', 'of a')") == "");
    REQUIRE(graph.Run("g.V().hasLabel('y').property(list, 'k', 'of b', 'part', 'b')") == "");
    CHECK(graph.Ask(meta + ".V().hasLabel('y').values('k')") == "of a");
    CHECK(graph.Ask(meta + ".V().hasLabel('y').valueMap()") == "{k:[of a]}");
    CHECK(graph.Ask(meta + ".V().hasLabel('y').property('m', 1).properties().key().order()") ==
          "k m");
    CHECK(graph.Ask("g.V().hasLabel('y').properties('k').valueMap()") == "{part:a} {part:b}");
    CHECK(graph.Ask(meta + ".V().values('part')") ==
          "error: Cannot explicitly request the partitionKey in the traversal");
}
