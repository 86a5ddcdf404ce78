#include "graph/cypher/test_query.h"

using namespace gyre;
using namespace gyre::graph;
using cypher::Ask;
using cypher::Check;
using cypher::Fails;

TEST_CASE("openCypher puts queries together") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN 1 AS x UNION RETURN 1 AS x", "1"},
            {"RETURN 1 AS x UNION ALL RETURN 1 AS x UNION ALL RETURN 2 AS x", "1 1 2"},
            {"MATCH (a {name: 'marko'}) CALL { MATCH (b {name: 'josh'}) RETURN b } RETURN "
             "a.name, b.name",
             "marko,josh"},
            {"UNWIND [1, 2] AS x CALL { WITH x RETURN x * 10 AS y UNION RETURN 0 AS y } RETURN "
             "x, y",
             "1,10 1,0 2,20 2,0"},
            {"MATCH (n:person) CALL { MATCH (n:person) RETURN count(n) AS c } RETURN c", "4 4 4 4"},
            {"MATCH (n:person) CALL { WITH n MATCH (n)-->(m) RETURN count(m) AS c } RETURN n.name, "
             "c ORDER BY n.name",
             "josh,2 marko,3 peter,1 vadas,0"},
            {"WITH 1 AS x CALL { WITH x CALL { WITH x RETURN x + 1 AS y } RETURN y } RETURN y",
             "2"},
            {"MATCH (a:person) WHERE EXISTS { MATCH (a)-[:created]->(s) WHERE s.name = 'ripple' "
             "} RETURN a.name",
             "josh"},
            {"MATCH (a:person) WHERE EXISTS { (a)-[:knows]->() } RETURN a.name", "marko"},
            {"MATCH (a) WITH a ORDER BY a.name SKIP 1 LIMIT 2 RETURN collect(a.name)",
             "[lop, marko]"},
            {"MATCH (a:person) WITH *, a.age AS age WHERE age > 30 RETURN a.name ORDER BY age",
             "josh peter"},
            {"OPTIONAL MATCH (x:nothing) RETURN x", "null"},
            {"WITH null AS a OPTIONAL MATCH p = (a)-->() RETURN nodes(p)", "null"},
            {"MATCH () WITH * MATCH () RETURN count(*)", "36"},
        });
}

TEST_CASE("a CALL { } sees only what it imports") {
    TestGraph graph;
    CHECK(
        Fails(graph, "MATCH (n:person) CALL { RETURN n.age AS y } RETURN y", "UndefinedVariable"));
    CHECK(Fails(graph, "WITH 1 AS x, 2 AS y CALL { WITH x RETURN x + y AS z } RETURN z",
                "UndefinedVariable"));
    CHECK(Fails(graph, "WITH 1 AS x CALL { WITH x RETURN x AS y UNION RETURN x AS y } RETURN y",
                "UndefinedVariable"));
    CHECK(Fails(graph, "WITH 1 AS x CALL { CALL { WITH x RETURN x AS y } RETURN y } RETURN y",
                "UndefinedVariable"));
}

TEST_CASE("Neptune's functions sort lists and look into texts") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN collSort([5, 3, 1]), collSort([1, 3, 2], {order: 'DESC'})",
             "[1, 3, 5],[3, 2, 1]"},
            {"WITH [{name: 'Alice', age: 25}, {name: 'Bob', age: 35}, {name: 'Cy', age: 18}] AS "
             "all "
             "RETURN [x IN collSortMaps(all, {key: 'age', order: 'desc'}) | x.name]",
             "[Bob, Alice, Cy]"},
            {"WITH [{a: 1, b: 'x'}, {a: 2, b: 'y'}, {a: 1, b: 'z'}, {b: 'w'}] AS all "
             "WITH collSortMulti(all, [{key: 'a'}, {key: 'b', order: 'desc'}]) AS whole, "
             "collSortMulti(all, [{key: 'a'}, {key: 'b', order: 'desc'}], 2, 1) AS cut, "
             "collSortMulti(all) AS same "
             "RETURN [x IN whole | x.b], [x IN cut | x.b], [x IN same | x.b]",
             "[z, x, y, w],[x, y],[x, y, z, w]"},
            {"MATCH (n:person) WITH collect(n) AS people "
             "RETURN [x IN collSortNodes(people, {key: 'name', order: 'desc'}) | x.name]",
             "[vadas, peter, marko, josh]"},
            {"RETURN collSort([]), collSort(null)", "[],null"},
            {"RETURN textIndexOf('Amazon Neptune', 'e'), textIndexOf('Amazon Neptune', 'e', 9), "
             "textIndexOf('Amazon Neptune', 'e', 9, 13), textIndexOf('\u00e4\u00e4b', 'b', 1, -1)",
             "8,13,-1,2"},
        });
    CHECK(Fails(graph, "RETURN collSort([1], {order: 'up'})", "InvalidArgumentValue"));
    CHECK(Fails(graph, "RETURN collSortMaps([{a: 1}], {})", "InvalidArgumentValue"));
    CHECK(Fails(graph, "RETURN collSortMaps([1], {key: 'a'})", "InvalidArgumentType"));
}

TEST_CASE("openCypher's patterns are conditions and values too") {
    TestGraph graph;
    Check(
        graph,
        {
            {"MATCH (a:person) WHERE (a)-[:knows]->() RETURN a.name", "marko"},
            {"MATCH (a:person) WHERE NOT (a)-->() RETURN a.name", "vadas"},
            {"MATCH (a:person) WHERE exists((a)-[:created]->({name: 'ripple'})) RETURN a.name",
             "josh"},
            {"MATCH (a {name: 'josh'}) RETURN size([(a)-[:created]->(s) WHERE s.name <> 'lop' | "
             "s.name])",
             "1"},
            {"MATCH (a {name: 'marko'}) RETURN [p = (a)-[:knows]->(b) | length(p)]", "[1, 1]"},
            {"MATCH (a {name: 'marko'}), (b {name: 'ripple'}) MATCH p = "
             "shortestPath((a)-[*]->(b)) RETURN [n IN nodes(p) | n.name]",
             "[marko, josh, ripple]"},
            {"MATCH (a {name: 'vadas'}), (b {name: 'peter'}) MATCH p = "
             "allShortestPaths((a)-[*]-(b)) RETURN length(p)",
             "3"},
            {"MATCH (a {name: 'marko'}), (b {name: 'vadas'}) MATCH p = "
             "shortestPath((b)-[:created*]->(a)) RETURN p",
             ""},
            {"MATCH ()-[r:knows]->() MATCH (a)-[r]->(b) RETURN a.name, b.name ORDER BY b.name",
             "marko,josh marko,vadas"},
            {"MATCH (a {name: 'marko'})-[rs:knows|created*2]->(x) RETURN x.name ORDER BY x.name",
             "lop ripple"},
            {"MATCH p = (a {name: 'marko'})-[*0..1]->(x) RETURN count(p)", "4"},
            {"MATCH (a {name: 'marko'})-[rs*2]->(b) WITH rs, a MATCH (a)-[rs*]->(c) RETURN c.name "
             "ORDER BY c.name",
             "lop ripple"},
        });
}

TEST_CASE("openCypher's quantifiers know three truth values") {
    TestGraph graph;
    Check(graph,
          {
              {"RETURN all(x IN [1, 2] WHERE x > 0), all(x IN [] WHERE x > 0), all(x IN [1, null] "
               "WHERE x > 0), all(x IN [-1, null] WHERE x > 0)",
               "true,true,null,false"},
              {"RETURN any(x IN [1, null] WHERE x > 0), any(x IN [null] WHERE x > 0)", "true,null"},
              {"RETURN none(x IN [1] WHERE x > 1), single(x IN [1, 2] WHERE x > 1), single(x IN "
               "[2, 2] WHERE x > 1), single(x IN [2, null] WHERE x > 1)",
               "true,true,false,null"},
              {"RETURN reduce(total = 0, x IN [1, 2, 3] | total + x)", "6"},
              {"RETURN [x IN null | x], any(x IN null WHERE x)", "null,null"},
          });
}

TEST_CASE("openCypher compares and orders across types") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN 1 = 1.0, 1 = '1', [1, null] = [1, null], [1] = [2, null], {a: 1} = {a: 1}",
             "true,false,null,false,true"},
            {"RETURN 9007199254740993 = 9007199254740992.0, 4 > 3.9", "false,true"},
            {"RETURN 0.0 / 0.0 = 0.0 / 0.0, 0.0 / 0.0 > 1, 1 < '1', [1, 2] < [1, 3], [1] < [1, 0]",
             "false,false,null,true,true"},
            {"UNWIND [null, 1, 'a', true, 0.5, [1], {a: 1}] AS x RETURN x ORDER BY x",
             "{a:1} [1] a true 0.5 1 null"},
            {"UNWIND [1, 1.0, 2, null, null] AS x RETURN DISTINCT x", "1 2 null"},
            {"UNWIND [1, 1.0, 'a'] AS x RETURN x, count(*)", "1,2 a,1"},
            {"UNWIND [1, 'a', null, [1, 2], 0.2] AS x RETURN max(x), min(x)", "1,[1, 2]"},
            {"RETURN null IS NULL = true, 1 IN [2] IS NULL, NOT false AND false",
             "true,false,false"},
            {"RETURN -2 ^ 2, 2 ^ 3 ^ 2, 1 - 2 - 3, 7 % -3, -7 / 2", "4.0,64.0,-4,1,-3"},
        });
}

TEST_CASE("openCypher aggregates") {
    TestGraph graph;
    Check(graph,
          {
              {"UNWIND [10, 20, 30] AS x RETURN percentileDisc(x, 0.5), percentileCont(x, 0.25), "
               "stDevP(x), stDev(x)",
               "20,15.0,8.16496580927726,10.0"},
              {"MATCH (a:person) RETURN a.age % 2 AS odd, count(*) AS n, collect(a.name) AS names "
               "ORDER BY odd",
               "0,1,[josh] 1,3,[marko, vadas, peter]"},
              {"MATCH (a:person) RETURN a.age > 30, count(*) ORDER BY count(*) DESC, a.age > 30",
               "false,2 true,2"},
              {"MATCH (a:person)-[:created]->(s) RETURN a.name, a.name + count(s) ORDER BY a.name "
               "LIMIT 1",
               "josh,josh2"},
              {"UNWIND [duration('P1D'), duration('PT1H')] AS d RETURN sum(d)", "P1DT1H"},
          });
    CHECK(Fails(graph, "UNWIND [1] AS x RETURN percentileDisc(x, 2)", "NumberOutOfRange"));
}

TEST_CASE("openCypher's functions") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN left('hello', 2), right('hello', 2), split('a,b', ','), replace('aba', 'a', "
             "'x'), reverse('abc'), trim(' a ')",
             "he,lo,[a, b],xbx,cba,a"},
            {"RETURN toUpper('äßж1'), toLower('ÄΣЖ1')", "ÄßЖ1,äσж1"},
            {"RETURN toInteger('1.7'), toInteger('x'), toFloat('1'), toBoolean('TRUE'), "
             "toString(true), toString(1.0)",
             "1,null,1.0,true,true,1.0"},
            {"RETURN sign(-2), round(2.5), round(-1.5), abs(-1), floor(1.7), log10(100), pi() > 3",
             "-1,3.0,-1.0,1,1.0,2.0,true"},
            {"RETURN tail([1, 2]), head([]), last([1, 2]), range(0, 10, 5), range(3, 1, -1)",
             "[2],null,2,[0, 5, 10],[3, 2, 1]"},
            {"RETURN 0x1F, 0o17, .5, 1e3, 'a\\u0041', [1, 2, 3][-2..], {a: {b: 1}}.a.b",
             "31,15,0.5,1000.0,aA,[2, 3],1"},
            {"RETURN keys({a: 1, b: 2}), isEmpty([]), size('äöü'), substring('äöü', 1, 1)",
             "[a, b],true,3,ö"},
            {"WITH {a: 1} AS m, 'a' AS k RETURN m[k], m.missing, null.a, null[0]",
             "1,null,null,null"},
        });
}

TEST_CASE("openCypher's names for errors") {
    TestGraph graph;
    const std::pair<const char*, const char*> wrong[] = {
        {"MATCH (a), (a)-[a]->() RETURN a", "VariableTypeConflict"},
        {"MATCH (a) MATCH a = (b) RETURN a", "VariableAlreadyBound"},
        {"MATCH (a)-[r]->()-[r]->() RETURN r", "RelationshipUniquenessViolation"},
        {"MATCH (a) CREATE (a)", "VariableAlreadyBound"},
        {"CREATE (a)-[:A|B]->(b)", "NoSingleRelationshipType"},
        {"CREATE (a)-[:A]-(b)", "RequiresDirectedRelationship"},
        {"CREATE (a)-[:A*2]->(b)", "CreatingVarLength"},
        {"MATCH (a $p) RETURN a", "InvalidParameterUse"},
        {"RETURN foo(1)", "UnknownFunction"},
        {"RETURN sum(sum(1))", "NestedAggregation"},
        {"MATCH (a) WHERE count(a) > 1 RETURN a", "InvalidAggregation"},
        {"MATCH (a) RETURN a.x + count(*)", "AmbiguousAggregationExpression"},
        {"MATCH (a) WITH a.x RETURN 1", "NoExpressionAlias"},
        {"RETURN 1 AS a, 2 AS a", "ColumnNameConflict"},
        {"MATCH (a) WITH a.x, count(*) AS n ORDER BY n RETURN n", "NoExpressionAlias"},
        {"MATCH (a) RETURN count(a.x) AS n ORDER BY a.y + count(a.x)", "UndefinedVariable"},
        {"MATCH (a) RETURN a.x * 2, count(*) ORDER BY a.x * 2 + count(*)",
         "AmbiguousAggregationExpression"},
        {"MATCH (a) RETURN a.x AS x, count(*) ORDER BY max(a.y)", "UndefinedVariable"},
        {"MATCH (a) RETURN a.x, count(*) ORDER BY a.y", "UndefinedVariable"},
        {"MATCH p = (p)-->() RETURN p", "VariableAlreadyBound"},
        {"MATCH p = ()-[p*]->() RETURN p", "VariableAlreadyBound"},
        {"MATCH (a) CREATE (a {})-[:R]->()", "VariableAlreadyBound"},
        {"MATCH ()-[r]->() CREATE ()-[r]->()", "VariableAlreadyBound"},
        {"MATCH (a)-[:R..2]->(b) RETURN b", "InvalidRelationshipPattern"},
        {"MATCH (a) RETURN (a)-[]->()", "UnexpectedSyntax"},
        {"MATCH (a), (b) RETURN size((a)<--(b {}))", "UnexpectedSyntax"},
        {"RETURN {1x: 1}", "UnexpectedSyntax"},
        {"WITH 1 AS x RETURN x.y", "InvalidArgumentType"},
        {"RETURN range(0, 1.5)", "InvalidArgumentType"},
        {"RETURN *", "NoVariablesInScope"},
        {"MATCH (a) RETURN a LIMIT a.x", "NonConstantExpression"},
        {"MATCH (a) RETURN a LIMIT -1", "NegativeIntegerArgument"},
        {"MATCH (a) RETURN a SKIP 1.5", "InvalidArgumentType"},
        {"RETURN 1 AND true", "InvalidArgumentType"},
        {"MATCH p = ()-->() RETURN size(p)", "InvalidArgumentType"},
        {"RETURN 1 AS a UNION RETURN 2 AS b", "DifferentColumnsInUnion"},
        {"RETURN 1 AS a UNION RETURN 1 AS a UNION ALL RETURN 1 AS a", "InvalidClauseComposition"},
        {"MATCH (n)", "InvalidClauseComposition"},
        {"MATCH (a) DELETE a:person", "InvalidDelete"},
        {"RETURN 9223372036854775808", "IntegerOverflow"},
        {"RETURN 9223372036854775807 + 1", "IntegerOverflow"},
        {"RETURN 1e400", "FloatingPointOverflow"},
        {"RETURN 12abc", "InvalidNumberLiteral"},
        {"RETURN '\\uZZZZ'", "InvalidUnicodeLiteral"},
        {"RETURN 1 \xE2\x80\x94 2", "InvalidUnicodeCharacter"},
        {"RETURN [1]['a']", "ListElementAccessByNonInteger"},
        {"WITH {a: 1} AS m RETURN m[1]", "MapElementAccessByNonString"},
        {"RETURN range(1, 2, 0)", "NumberOutOfRange"},
        {"MERGE (a {x: null})", "MergeReadOwnWrites"},
        {"MATCH (a {name: 'marko'}) SET a.x = {b: 1}", "InvalidPropertyType"},
        {"RETURN toInteger([])", "InvalidArgumentValue"},
        {"CALL no.such()", "ProcedureNotFound"},
        {"MATCH (n {name: 'vadas'}) DETACH DELETE n RETURN n.name", "DeletedEntityAccess"},
    };
    for (const auto& [query, name] : wrong) {
        CAPTURE(std::string(query));
        CHECK_MESSAGE(Fails(graph, query, name), Ask(graph, query));
    }
}

TEST_CASE("openCypher's writes do all that they say, and to all rows at once") {
    TestGraph graph(GraphMode::kNeptune, false);
    Check(
        graph,
        {
            {"CREATE (a:X {v: 1}), (b:X {v: 2}), (a)-[:R {w: 0.5}]->(b)", ""},
            {"MATCH (a:X) MERGE (a)-[:HAS]->(y:Y) RETURN count(*)", "2"},
            {"MERGE (a:X) ON MATCH SET a.seen = true RETURN count(a)", "2"},
            {"MATCH (a:X) SET (a).t = [1, 2], a += {u: 1} REMOVE a:X, a.seen RETURN properties(a) "
             "ORDER BY a.v",
             "{v:1, t:[1, 2], u:1} {v:2, t:[1, 2], u:1}"},
            {"MATCH (a) WHERE a.t = [1, 2] RETURN labels(a), size(labels(a))", "[],0 [],0"},
            {"MATCH (a {v: 1})-[r]->(b {v: 2}) DELETE a, b, r",
             "error: Cannot delete a node that has relationships; use DETACH DELETE "
             "(ConstraintVerificationFailed: DeleteConnectedNode)"},
            {"MATCH (a {v: 1}) SET a = {only: 1} RETURN properties(a)", "{only:1}"},
            {"FOREACH (x IN [1, 2, 3] | CREATE (:F {v: x}))", ""},
            {"MATCH (f:F) WITH collect(f) AS all FOREACH (f IN all | SET f.v = f.v * 2)", ""},
            {"MATCH (f:F) RETURN f.v ORDER BY f.v", "2 4 6"},
            {"CREATE (n:L) RETURN n LIMIT 0", ""},
            {"MATCH (n:L) RETURN count(n)", "1"},
            {"CREATE (n:T {at: datetime('2020-01-01T10:00Z'), d: date('2020-01-01')}) RETURN n.at, "
             "n.d",
             "2020-01-01T10:00Z,2020-01-01"},
            {"MATCH (n:T) WHERE n.d < date('2021-01-01') RETURN n.at.hour", "10"},
            {"MATCH (a)-[r]-(b) DELETE r, a, b RETURN count(*) > 0", "true"},
        });
    CHECK(graph.Ask("g.addV()") != "");
    CHECK(Ask(graph, "CREATE () RETURN 1") == "1");
    CHECK(graph.Ask("g.V().hasLabel('vertex').count()") == "2");
    graph.Reopen();
    CHECK(Ask(graph, "MATCH (n:T) RETURN n.d.year") == "2020");
}

TEST_CASE("openCypher's queries stay within bounds") {
    TestGraph graph;
    std::string deep = "RETURN 1";
    for (int i = 0; i < 5000; ++i) deep += " + 1";
    CHECK(Fails(graph, deep, "UnexpectedSyntax"));
    std::string many = "UNWIND [1, 2] AS x ";
    for (int i = 1; i < 499; ++i) many += "WITH x ";
    CHECK(Ask(graph, many + "RETURN x") == "1 2");
    CHECK(Ask(graph, many + "RETURN count(x)") == "2");
    CHECK(Fails(graph, many + "WITH x RETURN x", "UnexpectedSyntax"));
    std::string creates = "CREATE (a0 {n: 0}) ";
    for (int i = 1; i < 2000; ++i) {
        creates += "CREATE (a" + std::to_string(i) + " {n: a" + std::to_string(i - 1) + ".n + 1}) ";
    }
    CHECK(Ask(graph, creates + "RETURN a1999.n") == "1999");
    CHECK(Ask(graph,
              "UNWIND [1, 2] AS x CREATE (:Once)-[:R]->() "
              "CREATE (y {n: size([(:Once)-[:R]->() | 1])}) RETURN y.n") == "2 2");
    CHECK(Fails(graph, "RETURN " + std::string(500, '(') + "1" + std::string(500, ')'),
                "UnexpectedSyntax"));
    CHECK(Ask(graph, "RETURN size(reduce(l = [1], x IN range(1, 40) | l + l))") ==
          "error: a list or text grows over its limit of 10,000,000 items or 100,000,000 bytes");
}
