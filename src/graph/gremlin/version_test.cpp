#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

/// What the same script gives in a graph of 3.7's Gremlin and one of 3.8's.
struct Both {
    Both() { later.options.rules.gremlin = GremlinVersion::k38; }
    std::pair<std::string, std::string> Ask(const std::string& script) {
        return {earlier.Ask(script), later.Ask(script)};
    }
    TestGraph earlier, later;
};
using Answers = std::pair<std::string, std::string>;

}  // namespace

TEST_CASE("Where 3.8 contradicts 3.7 the graph's rules say which it is") {
    Both graphs;
    // choose() goes by where nothing fits
    CHECK(graphs.Ask("g.V().choose(T.label).option('person', out('knows').values('name'))"
                     ".option('bleep', constant('b')).order()") ==
          Answers("josh vadas", "josh vadas v3 v5"));
    CHECK(graphs.later.AskAnyOrder("g.V().choose(values('age')).option(P.between(26, 30), "
                                   "values('name')).option(Pick.none, constant('old'))"
                                   ".option(Pick.unproductive, label())") ==
          "marko old old software software vadas");
    CHECK(graphs.later.Ask("g.V(1).choose(identity()).option(__.out(), constant(1))") ==
          "error: line 1, column 27: Traversal is not allowed as a Pick token for "
          "choose().option()");
    CHECK(graphs.Ask("g.V(1).choose(values('age')).option(P.gt(20), constant('a'))"
                     ".option(29, constant('b')).order()") == Answers("a b", "a"));
    const auto [refused, gone_by] =
        graphs.Ask("g.V(3).choose(values('age')).option(29, constant('b'))");
    CHECK(refused.starts_with("error: The provided traverser does not map to a value: v[3]"));
    CHECK(gone_by == "v3");
    const auto [twice, first] = graphs.Ask(
        "g.V(1).choose(T.label).option(Pick.none, constant(1))"
        ".option(Pick.none, constant(2))");
    CHECK(twice.ends_with("Choose step can only have one traversal per pick token: none"));
    CHECK(first == "1");
    CHECK(graphs.earlier.Ask("g.V(1).choose(T.label).option(constant(1))")
              .find("can not have an any-option") != std::string::npos);
    CHECK(graphs.Ask("g.V(1).properties('name').choose(T.value).option('marko', constant(1))") ==
          Answers("1", "1"));
    CHECK(graphs.Ask("g.V(3).branch(values('age')).option(Pick.unproductive, constant('u'))"
                     ".option(Pick.any, constant('a'))") == Answers("u a", "u a"));
    // local() has each to itself
    CHECK(graphs.Ask("g.V().in().barrier().local(count()).order()") ==
          Answers("1 2 3", "1 1 1 1 1 1"));
    // of collections a collection stays
    CHECK(graphs.Ask("g.inject([1, 2, 3]).limit(local, 1)") == Answers("1", "[1]"));
    CHECK(graphs.Ask("g.inject([1, 2, 3]).tail(local, 1)") == Answers("3", "[3]"));
    CHECK(graphs.Ask("g.inject([1]).range(local, 3, 4)") == Answers("", "[]"));
    // a limit in a repeat counts each round
    CHECK(graphs.Ask("g.V(5).repeat(limit(1).in()).times(2).values('name')") ==
          Answers("", "marko"));
    CHECK(graphs.Ask("g.V(1).repeat(out().skip(1).order().by('name')).times(2).values('name')") ==
          Answers("lop ripple", "ripple"));
    // a barrier in a repeat sees all that begin
    CHECK(graphs.Ask("g.V(1, 2, 3).repeat(both().simplePath().order().by('name')).times(2)"
                     ".path().by('name').limit(3)") ==
          Answers("<marko, lop, josh> <marko, josh, lop> <marko, lop, peter>",
                  "<marko, lop, josh> <vadas, marko, josh> <lop, marko, josh>"));
    CHECK(graphs.Ask("g.inject('2023-08-02T00:00:00Z').asDate().dateDiff("
                     "constant('2023-08-03T00:00:00Z').asDate())") ==
          Answers("-86400", "-86400000"));
    CHECK(graphs.Ask("g.inject(null, 1).asString()") ==
          Answers("null 1", "error: Can't parse null as String."));
    CHECK(graphs.Ask("g.inject(NaN).not(is(P.gt(1))).count()") == Answers("0", "1"));
    CHECK(graphs.Ask("g.V().has('age', __.is(P.gt(30))).count()") == Answers("2", "0"));
    CHECK(graphs.Ask("g.V(1).valueMap('name', 'age').by(unfold()).by()")
              .second.find("can only have one by modulator") != std::string::npos);
    CHECK(graphs.Ask("g.V().dedup().by('lang').by('name').count()") ==
          Answers("6", "error: line 1, column 26: Dedup step can only have one by modulator"));
    CHECK(graphs.Ask("g.addV().property('name', 'x').with('key', 'y').values('name', 'key')")
              .second == "x");
}

TEST_CASE("Since 3.8 option(onMatch) is asked of the element wherever mergeV() stands") {
    Both graphs;
    const std::string script =
        "g.V(2).mergeV([name: 'marko']).option(onMatch, __.sideEffect(properties('age').drop())"
        ".constant([nick: 'm'])).elementMap()";
    CHECK(graphs.Ask(script) ==
          Answers("error: The incoming traverser for MergeVertexStep cannot be an Element",
                  "{id:1, label:person, name:marko, nick:m}"));
    const std::string contradicts =
        "g.mergeV([name: 'marko']).option(onCreate, [name: 'eve']).values('name')";
    CHECK(graphs.earlier.Ask(contradicts) == "marko");
    CHECK(graphs.later.Ask(contradicts).find("cannot override values from merge() argument") !=
          std::string::npos);
}

TEST_CASE("What 3.8 adds is there in both") {
    TestGraph graph;
    CHECK(graph.Ask(
              "g.inject('5', '0x1F', '017', ' -7 ', '99999999999', '1.5', '0.1f').asNumber()") ==
          "5 31 15 -7 99999999999 1.5 0.1");
    CHECK(graph.Ask("g.inject('3000000000').asNumber().is(P.typeOf(GType.LONG))") == "3000000000");
    CHECK(graph.Ask("g.inject('1.5').asNumber().is(P.typeOf(GType.FLOAT)).count()") == "1");
    CHECK(graph.Ask("g.inject('0.1234567890123').asNumber().is(P.typeOf(GType.DOUBLE)).count()") ==
          "1");
    CHECK(graph.Ask("g.inject('0.12345678901234567890123').asNumber()"
                    ".is(P.typeOf(GType.BIGDECIMAL)).count()") == "1");
    CHECK(graph.Ask("g.inject('99999999999999999999').asNumber().is(P.typeOf('BigInteger'))") ==
          "99999999999999999999");
    CHECK(graph.Ask("g.inject(5.9, '5.9', -5.9).asNumber(GType.INT)") == "5 5 -5");
    CHECK(graph.Ask("g.inject(42, 1.5).asNumber(GType.BIGINT)") == "42 1");
    CHECK(graph.Ask("g.inject(42, 1.5).asNumber(GType.BIGDECIMAL)") == "42 1.5");
    CHECK(graph.Ask("g.inject(null).asNumber()") == "null");
    CHECK(graph.Ask("g.inject('2023-08-02T00:00:00Z').asDate().asNumber()") == "1690934400000");
    CHECK(graph.Ask("g.inject(32768).asNumber(GType.SHORT)") ==
          "error: Can't convert number of type Integer to Short due to overflow.");
    CHECK(graph.Ask("g.inject(1e300).asNumber(GType.LONG)") ==
          "error: Can't convert number of type Double to Long due to overflow.");
    CHECK(graph.Ask("g.inject(NaN).asNumber(GType.INT)") == "error: Can't convert NaN to Integer.");
    for (const char* text : {"", "-", "x", "1,000", "08", "0xG", "1e", "1.5l", "--1"}) {
        CAPTURE(text);
        CHECK(graph.Ask("g.inject('" + std::string(text) + "').asNumber()") ==
              "error: Can't parse string '" + std::string(text) + "' as number.");
    }
    CHECK(graph.Ask("g.inject([1]).asNumber()") == "error: Can't parse type ArrayList as number.");
    CHECK(graph.Ask("g.inject(1).asNumber(GType.VERTEX)").find("requires a numeric type token") !=
          std::string::npos);
    CHECK(graph.Ask("g.inject(2, 'TRUE', 0, false, ' false ', NaN).asBool()") ==
          "true true false false false false");
    CHECK(graph.Ask("g.inject('hello').asBool()") == "error: Can't parse hello as Boolean.");
    CHECK(graph.Ask("g.V().values('name').aggregate('x').cap('x').is(P.typeOf(GType.SET))"
                    ".count(local)") == "6");
    CHECK(graph.Ask("g.inject(1).is(P.typeOf('nothing-known'))").find("no type is registered") !=
          std::string::npos);
    CHECK(graph.Ask("g.inject(1).range(3, 2)").find("Not a legal range: [3, 2]") !=
          std::string::npos);
    CHECK(graph.Ask("g.withoutStrategies(ConnectiveStrategy).V().has('name', 'marko').or()"
                    ".where(__.in('knows'))") == "");
    CHECK(graph.Ask("g.V().has('name', 'marko').or().has('name', 'josh')") == "v1 v4");
    CHECK(graph.Ask("g.withStrategies(VertexProgramRestrictionStrategy, VertexProgramStrategy).V()")
              .find("does not allow the use of a GraphComputer") != std::string::npos);
    CHECK(graph.Ask("g.V(1).out('knows').with('some-option', 1).count()") == "2");
    CHECK(graph.Ask("g.V(1).count().with('x', 1)").find("not implemented") != std::string::npos);
}

TEST_CASE("What a branch has counted counts for all that come to it, as in the reference") {
    TestGraph graph;
    CHECK(graph.Ask("g.V(1, 4, 6).union(out('created').limit(1)).count()") == "1");
    CHECK(graph.Ask("g.V(1, 4, 6).local(union(out('created').limit(1))).count()") == "3");
    CHECK(graph.Ask("g.V().choose(has('age', P.lte(30)), out().order().by('name').limit(1), "
                    "out().order().by('name').limit(2)).count()") == "3");
}
