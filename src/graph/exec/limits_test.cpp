// What a query may hold, and what one function may make.
#include "graph/cypher/test_query.h"
#include "graph/exec/within_memory.h"
#include "graph/sparql/test_rdf.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

/// Of a query that holds too much.
bool Stopped(const std::string& answer, const std::string& why) {
    CAPTURE(answer.substr(0, 200));
    return answer.starts_with("error: ") && answer.find(why) != std::string::npos;
}

}  // namespace

TEST_CASE("No function makes a text or a list without bounds") {
    TestGraph graph;
    const std::string over = "grows over its limit";
    // 2^27 times what is there.
    for (const char* step :
         {"concat(identity())", "replace('x', 'xx')", "split(null).conjoin(' x ')"}) {
        CAPTURE(std::string(step));
        CHECK(Stopped(
            graph.Ask("g.inject('x x x x x').repeat(" + std::string(step) + ").times(27)"), over));
    }
    CHECK(Stopped(graph.Ask("g.inject([1, 2]).repeat(combine(identity())).times(27)"), over));
    CHECK(Stopped(
        graph.Ask("g.withSack([1, 2]).inject(1).repeat(sack(addAll).by(sack())).times(27)"), over));
    CHECK(graph.Ask("g.inject('a-b-').replace('-', '--')") == "a--b--");
    const std::string text = "WITH reduce(s = 'x', i IN range(1, 20) | s + s) AS s RETURN ";
    for (const char* call : {"size(replace(s, 'x', s))", "size(join([i IN range(1, 200) | i], s))",
                             "size(split(s + s + s + s + s + s + s + s + s + s, ''))"}) {
        CAPTURE(std::string(call));
        CHECK(Stopped(cypher::Ask(graph, text + call), over));
    }
    CHECK(cypher::Ask(graph,
                      "RETURN replace('a-b-', '-', '+-'), join(['a', 'b', 1], ', '), "
                      "join(['a', 'b'])") == "a+-b+-,a, b, 1,ab");
}

TEST_CASE("No function of SPARQL makes a text without bounds") {
    sparql::TestRdf rdf;
    const std::string over = "grows over its limit";
    std::string chain = "SELECT (STRLEN(?t9) AS ?n) { BIND(\"0123456789\" AS ?t0)";
    for (int i = 1; i < 10; ++i) {
        const std::string from = "?t" + std::to_string(i - 1);
        chain += " BIND(CONCAT(" + from;
        for (int j = 1; j < 10; ++j) chain += ", " + from;
        chain += ") AS ?t" + std::to_string(i) + ")";
    }
    CHECK(Stopped(rdf.Ask(chain + " }"), over));
    // A thousand in each of seven rows, and of each the next takes a thousand.
    const std::string thousand = "\"" + std::string(1000, 'x') + "\"";
    const std::string million = "REPLACE(" + thousand + ", \"x\", " + thousand + ")";
    CHECK(Stopped(
        rdf.Ask("SELECT (STRLEN(REPLACE(" + million + ", \"x\", " + thousand + ")) AS ?n) {}"),
        over));
    CHECK(Stopped(
        rdf.Ask("SELECT (STRLEN(GROUP_CONCAT(?t; SEPARATOR = \"-\")) AS ?n) { BIND(" + million +
                " AS ?t) VALUES ?a { 0 1 2 3 4 5 6 7 8 9 } VALUES ?b { 0 1 2 3 4 "
                "5 6 7 8 9 } VALUES ?c { 0 1 2 } }"),
        over));
    CHECK(rdf.Ask("SELECT (REPLACE(\"abcabc\", \"(b)(c)\", \"$2-$1\") AS ?t) {}") ==
          "\"ac-bac-b\"");
}

TEST_CASE("Large blocks that a query holds count against its limit") {
    TestGraph graph;
    graph.options.max_bytes = 64 * kMebibyte;
    const std::string much = "holds more than 64 MiB";
    const std::string text = "g.inject('x').repeat(concat(identity())).times(20)";  // a mebibyte
    CHECK(
        Stopped(graph.Ask(text + ".repeat(union(identity(), identity())).times(9).fold()"), much));
    CHECK(graph.Ask(text + ".repeat(union(identity(), identity())).times(4).count()") == "16");
    CHECK(Stopped(graph.Ask("g.inject(1).repeat(union(identity(), identity()).barrier()).times(50)."
                            "aggregate('x').cap('x').unfold()"),
                  "gathers more than"));
    CHECK(Stopped(graph.Ask("g.withSideEffect('x', []).inject(1).repeat(union(identity(), "
                            "identity()).barrier()).times(50).aggregate('x').cap('x')"),
                  "gathers more than"));
}

TEST_CASE("Values within each other end, however they are shared") {
    TestGraph graph;
    const std::string deep = "more than 1,000 deep", wide = "gathers more than";
    CHECK(cypher::Ask(graph, "RETURN size(reduce(l = [], i IN range(1, 900) | [l]))") == "1");
    CHECK(Stopped(cypher::Ask(graph, "RETURN reduce(l = [], i IN range(1, 1000000) | [l])"), deep));
    CHECK(Stopped(cypher::Ask(graph, "RETURN reduce(l = [], i IN range(1, 1000000) | [] + [l])"),
                  deep));
    CHECK(Stopped(cypher::Ask(graph, "RETURN reduce(m = {}, i IN range(1, 1000000) | {m: m})"),
                  deep));
    CHECK(Stopped(
        cypher::Ask(graph, "WITH reduce(l = [1], i IN range(1, 60) | [l, l]) AS l RETURN l = l"),
        wide));
    std::string doubled = "WITH [1] AS l ";
    for (int i = 0; i < 60; ++i) doubled += "UNWIND [1, 2] AS i WITH collect(l) AS l ";
    CHECK(Stopped(cypher::Ask(graph, doubled + "RETURN l"), wide));
    CHECK(Stopped(graph.Ask("g.inject(1).repeat(project('a').by()).times(1000000)"), deep));
    CHECK(Stopped(graph.Ask("g.inject(1).repeat(project('a', 'b').by().by()).times(60)"), wide));
    CHECK(Stopped(
        graph.Ask("g.inject(1).repeat(map(union(identity(), identity()).fold())).times(60)"),
        wide));
    CHECK(Stopped(graph.Ask("g.inject(1).repeat(constant(2)).times(50000).tree()"), deep));
    CHECK(graph.Ask("g.inject(1).aggregate('x').cap('x').aggregate('x').cap('x')") == "(1, (1))");
    CHECK(graph.Ask("g.inject(1).tree('t').select('t').tree('t').cap('t')") == "{1={{1={}}={}}}");
}

TEST_CASE("Where the machine has no memory left, a query gets the API's own error") {
    const auto status = exec::WithinMemory([]() -> core::Status { throw std::bad_alloc(); });
    REQUIRE_FALSE(status);
    CHECK(status.error().wire_name == "MemoryLimitExceededException");
    CHECK(exec::WithinMemory([]() -> core::Result<int> { return 7; }) == 7);
}
