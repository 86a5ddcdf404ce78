#include "graph/cypher/test_query.h"

using namespace gyre;
using namespace gyre::graph;
using cypher::Ask;
using cypher::Check;

TEST_CASE("openCypher matches patterns") {
    TestGraph graph;
    Check(graph,
          {
              {"MATCH (n) RETURN count(n)", "6"},
              {"MATCH (n:person) RETURN n.name ORDER BY n.name", "josh marko peter vadas"},
              {"MATCH (n:person {name: 'josh'})-[:created]->(s) RETURN s.name ORDER BY s.name",
               "lop ripple"},
              {"MATCH (a)-[r:knows]->(b) RETURN a.name, r.weight, b.name ORDER BY b.name",
               "marko,1.0,josh marko,0.5,vadas"},
              {"MATCH (s {name: 'lop'})<-[:created]-(p) RETURN p.name ORDER BY p.age DESC",
               "peter josh marko"},
              {"MATCH (a:person)-[:created]->(s)<-[:created]-(b) RETURN count(*)", "6"},
              {"MATCH (a {name: 'marko'})-[*1..2]->(x) RETURN x.name ORDER BY x.name",
               "josh lop lop ripple vadas"},
              {"MATCH p = (a {name: 'marko'})-[:knows]->()-[:created]->(s {name: 'lop'}) RETURN p, "
               "length(p)",
               "<v1, e8, v4, e11, v3>,2"},
              {"MATCH (a {name: 'vadas'})--(b) RETURN b.name", "marko"},
              {"MATCH (a:person) WHERE a.age > 30 AND NOT a.name STARTS WITH 'p' RETURN a.name",
               "josh"},
              {"MATCH (a) WHERE a.age IS NULL RETURN a.name ORDER BY a.name", "lop ripple"},
              {"MATCH (a:person) OPTIONAL MATCH (a)-[:knows]->(b) RETURN a.name, b.name ORDER BY "
               "a.name, b.name",
               "josh,null marko,josh marko,vadas peter,null vadas,null"},
              {"MATCH (a:person)-[:created]->(s) WITH a, count(s) AS made WHERE made > 1 RETURN "
               "a.name, made",
               "josh,2"},
              {"MATCH (a:person), (b:person) WHERE a.age < b.age RETURN count(*)", "6"},
              {"MATCH (a)-->(b)-->(a) RETURN count(*)", "0"},
              {"MATCH (a:person) RETURN DISTINCT a:person AS p", "true"},
              {"MATCH (n) WHERE id(n) = 4 RETURN n.name", "josh"},
          });
}

TEST_CASE("openCypher computes") {
    TestGraph graph;
    Check(
        graph,
        {
            {"RETURN 1 + 2 * 3, 7 / 2, 7.0 / 2, 2 ^ 3, 7 % 4, -3", "7,3,3.5,8.0,3,-3"},
            {"RETURN 'a' + 'b', [1, 2] + 3, null + 1", "ab,[1, 2, 3],null"},
            {"RETURN null = null, null IS NULL, NOT null, true OR null, false AND null",
             "null,true,null,true,false"},
            {"RETURN 1 IN [1, 2], 3 IN [1, null], 'x' IN []", "true,null,false"},
            {"RETURN 1 < 2 < 3, 'a' < 'b', 1 < 'a'", "true,true,null"},
            {"RETURN [x IN range(1, 5) WHERE x % 2 = 1 | x * x]", "[1, 9, 25]"},
            {"RETURN [1, 2, 3][0], [1, 2, 3][-1], [1, 2, 3, 4][1..3], {a: 1}.a", "1,3,[2, 3],1"},
            {"RETURN CASE WHEN 1 > 2 THEN 'x' ELSE 'y' END, CASE 2 WHEN 2 THEN 'two' END", "y,two"},
            {"UNWIND [3, 1, 2] AS x RETURN x ORDER BY x DESC SKIP 1 LIMIT 1", "2"},
            {"UNWIND [1, 1, 2] AS x RETURN sum(x), avg(x), min(x), max(x), collect(DISTINCT x), "
             "count(*)",
             "4,1.3333333333333333,1,2,[1, 2],3"},
            {"UNWIND [] AS x RETURN count(x), collect(x), sum(x)", "0,[],0"},
            {"UNWIND ['a', 'b', 'a'] AS x RETURN x, count(*) + 1 AS n ORDER BY n DESC", "a,3 b,2"},
            {"RETURN toUpper('a'), size('abc'), toInteger('12'), toString(1.5), coalesce(null, 2), "
             "substring('hello', 1, 3)",
             "A,3,12,1.5,2,ell"},
            {"MATCH (a {name: 'marko'}) RETURN labels(a), keys(a), properties(a)",
             "[person],[name, age],{name:marko, age:29}"},
        });
    Map parameters;
    parameters.Put(Value("x"), Value(int32_t{4}));
    CHECK(Ask(graph, "RETURN $x + 1", parameters) == "5");
}

TEST_CASE("openCypher writes") {
    TestGraph graph(GraphMode::kNeptune, false);
    Check(
        graph,
        {
            {"CREATE (a:person {`~id`: 'a', name: 'Ann'})-[r:knows {since: 2020}]->(b:person "
             "{name: "
             "'Bob'}) RETURN a.name, r.since, b.name",
             "Ann,2020,Bob"},
            {"MATCH (a:person {name: 'Ann'}) SET a.age = 34, a:author RETURN a.age, labels(a)",
             "34,[person, author]"},
            {"MATCH (a:author) RETURN id(a)", "a"},
            {"MERGE (c:person {name: 'Cid'}) ON CREATE SET c.new = true ON MATCH SET c.new = false "
             "RETURN c.new",
             "true"},
            {"MERGE (c:person {name: 'Cid'}) ON CREATE SET c.new = true ON MATCH SET c.new = false "
             "RETURN c.new",
             "false"},
            {"MATCH (a {name: 'Ann'}), (c {name: 'Cid'}) MERGE (a)-[r:knows]->(c) RETURN type(r)",
             "knows"},
            {"MATCH (a {name: 'Ann'})-[r:knows]->(b) RETURN count(r)", "2"},
            {"MATCH (c {name: 'Cid'}) SET c += {x: 1} REMOVE c.new RETURN properties(c)",
             "{name:Cid, x:1}"},
            {"MATCH (a {name: 'Ann'}) DELETE a",
             "error: Cannot delete a node that has relationships; use DETACH DELETE "
             "(ConstraintVerificationFailed: DeleteConnectedNode)"},
            {"MATCH (a {name: 'Ann'}) DETACH DELETE a", ""},
            {"MATCH (n) RETURN count(n)", "2"},
            {"MATCH ()-[r]->() RETURN count(r)", "0"},
            {"MATCH (n:person) CREATE (:copy {of: n.name})", ""},
            {"MATCH (n:copy) RETURN count(n)", "2"},
        });
}

TEST_CASE("openCypher's errors say where") {
    TestGraph graph;
    Check(
        graph,
        {
            {"MATCH (n RETURN n",
             "error: syntax error at line 1, column 10: expected ')', found 'RETURN' (SyntaxError: "
             "UnexpectedSyntax)"},
            {"MATCH (n)\nRETURN m",
             "error: syntax error at line 2, column 8: the variable 'm' is not defined "
             "(SyntaxError: UndefinedVariable)"},
            {"RETURN 1 +",
             "error: syntax error at line 1, column 11: expected an expression, found the end of "
             "the query (SyntaxError: UnexpectedSyntax)"},
            {"RETURN $p", "error: there is no parameter 'p' (ParameterMissing: MissingParameter)"},
            {"RETURN 1 / 0", "error: division by zero (ArithmeticError: DivisionByZero)"},
        });
}
