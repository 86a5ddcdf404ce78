#include <map>
#include <queue>
#include <random>
#include <set>
#include <sstream>

#include "graph/cypher/test_pair.h"

using namespace gyre;
using namespace gyre::graph;
using cypher::Ask;

namespace {

/// Vertices v0… of label n, every third also m, and edges between any two: also to itself, and
/// several alike.
class RandomGraph {
  public:
    TestGraph graph{GraphMode::kNeptune, false};

    void AddVertices(int count) {
        for (int i = 0; i < count; ++i, ++vertices_) {
            const std::string name = std::to_string(vertices_);
            REQUIRE(Ask(graph, "CREATE (:n" + std::string(vertices_ % 3 == 0 ? ":m" : "") +
                                   " {`~id`: 'v" + name + "', i: " + name + "})") == "");
        }
    }
    void AddEdges(int count, bool loops = true) {
        for (int i = 0; i < count; ++i) {
            const uint64_t from = random_() % vertices_, to = random_() % vertices_;
            if (from == to && !loops) continue;
            REQUIRE(graph.Run("g.V('v" + std::to_string(from) + "').addE('" +
                              (random_() % 3 == 0 ? "b" : "a") + "').property('w', " +
                              std::to_string(random_() % 5) + ").to(V('v" + std::to_string(to) +
                              "'))") == "");
        }
    }
    [[nodiscard]] std::string Number(const std::string& query) { return Ask(graph, query); }
    /// How many rows a query has.
    [[nodiscard]] std::string Rows(const std::string& query) {
        const std::string rows = Ask(graph, query);
        return std::to_string(rows.empty() ? 0 : std::ranges::count(rows, ' ') + 1);
    }

  private:
    std::mt19937 random_{7};
    uint64_t vertices_ = 0;
};

/// How often each row comes, as rows.
std::string Histogram(const std::string& rows) {
    std::istringstream in(rows);
    std::map<std::string, int> counts;
    for (std::string row; in >> row;) ++counts[row];
    std::string text;
    for (const auto& [row, count] : counts) text += row + "," + std::to_string(count) + " ";
    return SortedWords(text);
}

/// At rest, changed over that, and by a writer who has not committed.
template <typename Check>
void EachState(RandomGraph& random, Check check) {
    check();
    REQUIRE(random.graph.Store().Rest());
    check();
    random.AddVertices(3);
    random.AddEdges(15);
    REQUIRE(random.graph.Run("g.V('v3').drop(); g.V('v5').outE().limit(2).drop()") == "");
    REQUIRE(Ask(random.graph, "MATCH (x {`~id`: 'v6'}) REMOVE x:m") == "");
    REQUIRE(Ask(random.graph, "MATCH (x {`~id`: 'v7'}) SET x:m") == "");
    check();
}

}  // namespace

TEST_CASE("openCypher counts matches as it would list them") {
    for (const bool loops : {false, true}) {
        RandomGraph random;
        random.AddVertices(12);
        random.AddEdges(60, loops);
        EachState(random, [&] {
            for (const char* pattern :
                 {"(x)-->(y)",
                  "(x:n)-[:a]->(y:m)",
                  "(x)--(y)",
                  "(x)-[:a]-(y)-[:a]-(z)",
                  "(x)-[:a]->(y)-[:a]->(z)",
                  "(x:m)-[:a|b]->(y)-[r]->(z:n)<-[:b]-(w)",
                  "(x)-[:none]->(y)",
                  "(x)-[:a]->(:none)",
                  "(x)-[:a*1..2]->(y)",
                  "(x)-[:a]->(y)-[:a]->(x)",
                  "(x)-[:a]->(y)-[:a]->(z)-[:a]->(x)",
                  "(x)-[:a]->(y)-[:a]->(z), (x)-[:a]->(z)",
                  "(x)-[:a]->(y)<-[:b]-(z), (x)-[:a]-(z)",
                  "(x:m)-[:a]-(y:n)-[:a]-(z:m)-[:a]-(x)",
                  "(x:n)-[:b]-(y:n)-[:b]->(z:n)-[:b]-(x)",
                  "(x)-[:b]->(y)-[:b]->(z), (x)-[:b]->(z)",
                  "(x)-[:a]->(y), (z)-[:b]->(w)",
                  "(x)-[:a]->(y)-[:a]->(z) WHERE x.i < z.i",
                  "(x)-[r:a]->(y) WHERE r.w > 2 AND x.i + y.i > 5",
                  "(x)-[:a]->(y)-[:b]->(z) WHERE y:m AND z.i <> x.i AND NOT x.i = 4"}) {
                const std::string match = "MATCH " + std::string(pattern);
                CAPTURE(match);
                CHECK(random.Number(match + " RETURN count(*)") ==
                      random.Rows(match + " RETURN id(x)"));
                CHECK(random.Number(match + " RETURN count(x)") ==
                      random.Rows(match + " RETURN id(x)"));
            }
            // For each row apart, and where there is no match.
            CHECK(random.Number("MATCH (x:n) OPTIONAL MATCH (x)-[r:a]->(y:m) WITH x, count(r) AS c "
                                "RETURN sum(c)") ==
                  random.Rows("MATCH (x:n)-[r:a]->(y:m) RETURN id(x)"));
            CHECK(random.Number("MATCH (x:n) OPTIONAL MATCH (x)-[:none]->(y) RETURN count(*), "
                                "count(y)") == random.Rows("MATCH (x:n) RETURN id(x)") + ",0");
            for (const char* chain : {"(x)-[:a]->(y)-[r:b]-(z)", "(z)<-[:a]-(y:m)-[r]->(x)",
                                      "(x)-[r:a]->(x)-[:b]->(z)"}) {
                const std::string match = "MATCH (x:n)-[:a]->(z:n) WITH DISTINCT x, z ";
                CAPTURE(std::string(chain));
                CHECK(random.Number(match + "OPTIONAL MATCH " + chain +
                                    " WITH x, z, count(r) AS c RETURN sum(c)") ==
                      random.Rows(match + "MATCH " + chain + " RETURN id(x)"));
                CHECK(random.Number(match + "MATCH " + chain +
                                    " WITH x, z, count(*) AS c RETURN sum(c)") ==
                      random.Rows(match + "MATCH " + chain + " RETURN id(x)"));
            }
            CHECK(random.Number("MATCH (x:none)-[:a]->(y) RETURN count(*)") == "0");
            CHECK(random.Number("OPTIONAL MATCH (x:none) MATCH (x)-[:a]->(y)-[:a]->(z)-[:a]->(x) "
                                "RETURN count(*)") == "0");
            CHECK(random.Number("MATCH (x:none)-[:a]->(y) RETURN x.i, count(*)") == "");
        });
    }
}

TEST_CASE("openCypher counts matches by group as it would list them") {
    for (const bool loops : {false, true}) {
        RandomGraph random;
        random.AddVertices(12);
        random.AddEdges(60, loops);
        EachState(random, [&] {
            for (const char* pattern :
                 {"(x)-->(y)", "(y)-[:a]->(x)", "(y:n)-[:a]->(x:m)", "(x:n)-[:a]->(y:m)",
                  "(x)--(y)", "(x)-[:a]-(y)-[:a]-(z)", "(x:m)-[:a|b]->(y)-[r]->(z:n)<-[:b]-(w)",
                  "(x)-[:a]->(y), (z)-[:b]->(w)", "(x)-[:a]->(y)-[:a]->(x)",
                  "(x)-[:a]->(x), (x)-[:b]->(y)", "(y)-[:a]->(x) WHERE y.i > 3",
                  "(y {i: 5})-[:a]->(x)", "(y)-[:a]->(x) OPTIONAL MATCH (x)-[:b]->(z:m)"}) {
                const std::string match = "MATCH " + std::string(pattern);
                for (const char* key : {"id(x)", "x.i", "x:m", "x", "id(y)"}) {
                    CAPTURE(match);
                    CAPTURE(key);
                    const auto by_key = [&](const std::string& counted) {
                        return SortedWords(
                            Ask(random.graph, match + " RETURN " + key + ", " + counted));
                    };
                    const std::string listed =
                        Histogram(Ask(random.graph, match + " RETURN " + key));
                    CHECK(by_key("count(*)") == listed);
                    CHECK(by_key("count(x)") == listed);
                    CHECK(by_key("sum(CASE WHEN y IS NULL THEN 0 ELSE 1 END)") == listed);
                }
                // Ordered and cut, of which the last keys are worked out late.
                CHECK(Ask(random.graph, match + " RETURN id(x) AS i, count(*) AS c, x.i "
                                                "ORDER BY c DESC, i LIMIT 3") ==
                      Ask(random.graph, match +
                                            " WITH x, count(*) AS c WITH c, id(x) AS i, x.i AS p "
                                            "ORDER BY c DESC, i RETURN i, c, p LIMIT 3"));
            }
            CHECK(SortedWords(Ask(random.graph,
                                  "MATCH (x:n) OPTIONAL MATCH (x)-[r:a]->(y:m) "
                                  "RETURN id(x), count(r), count(*) > 0")) ==
                  SortedWords(Ask(random.graph,
                                  "MATCH (x:n) RETURN id(x), size([(x)-[:a]->(y:m) | 1]), true")));
        });
    }
}

TEST_CASE("A vertex and an edge of one id are one group") {
    TestGraph graph(GraphMode::kNeptune, false);
    REQUIRE(Ask(graph, "CREATE (a {`~id`: 'x'})-[r:t {`~id`: 'x'}]->(a)") == "");
    CHECK(Ask(graph, "MATCH (a)-[r]->() UNWIND [a, r] AS x RETURN id(x), count(*)") == "x,2");
    CHECK(Ask(graph, "MATCH (a)-[r]->() UNWIND [a, r] AS x RETURN x, count(*)") == "vx,1 ex,1");
}

TEST_CASE("openCypher counts the triangles of many edges") {
    TestGraph graph(GraphMode::kNeptune, false);
    REQUIRE(Ask(graph, "UNWIND range(1, 200) AS i CREATE (:k {i: i})") == "");
    REQUIRE(Ask(graph, "CREATE (:other)") == "");
    REQUIRE(Ask(graph, "MATCH (x:k), (y:k) WHERE x.i < y.i CREATE (x)-[:e]->(y)") == "");
    REQUIRE(Ask(graph, "MATCH (x:k {i: 1}), (y:other) CREATE (x)-[:e]->(y)-[:e]->(x)") == "");
    const auto check = [&] {
        cypher::Check(
            graph,
            {{"MATCH (a:k)-[:e]->(b:k)-[:e]->(c:k), (a)-[:e]->(c) RETURN count(*)", "1313400"},
             {"MATCH (a:k)<-[:e]-(b:k)-[:e]->(c:k)-[:e]->(a) RETURN count(*)", "1313400"},
             {"MATCH (a:k)-[:e]->(b:k)-[:e]->(c:k)-[:e]->(a) RETURN count(*)", "0"},
             {"MATCH (a)-[:e]-(b)-[:e]-(c)-[:e]-(a) RETURN count(*)", "7880400"}});
    };
    check();
    REQUIRE(graph.Store().Rest());
    check();
    // Two that are joined both ways.
    REQUIRE(Ask(graph, "MATCH (x:k {i: 1}), (y:k {i: 3}) CREATE (y)-[:e]->(x)") == "");
    cypher::Check(
        graph, {{"MATCH (a:k)-[:e]->(b:k)-[:e]->(c:k), (a)-[:e]->(c) RETURN count(*)", "1313597"},
                {"MATCH (a:k)-[:e]->(b:k)-[:e]->(c:k)-[:e]->(a) RETURN count(*)", "3"}});
}

TEST_CASE("openCypher finds where ways of many hops lead as if it went them all") {
    for (const bool loops : {false, true}) {
        RandomGraph random;
        random.AddVertices(24);
        random.AddEdges(28, loops);
        EachState(random, [&] {
            for (const char* hop : {"-[:a*]->", "<-[:a*..3]-", "-[:a*1..2]-", "-[:a*0..2]-",
                                    "-[*1..3]-", "-[:a*1..4]-", "-[:a* {w: 1}]-", "-[:a*0..0]-"}) {
                for (const char* begin : {"(x)", "(x:m)", "(x {`~id`: 'v4'})"}) {
                    for (const char* end : {"(y)", "(y:m)", "(y {i: 5})"}) {
                        for (const char* where : {"", " WHERE x.i <> y.i"}) {
                            const std::string ways =
                                std::string(begin) + hop + end + std::string(where);
                            CAPTURE(ways);
                            const std::string all =
                                Ask(random.graph, "MATCH p = " + ways +
                                                      " WITH x, y, p RETURN DISTINCT id(x) AS a, "
                                                      "id(y) AS b ORDER BY a, b");
                            CHECK(Ask(random.graph, "MATCH " + ways +
                                                        " WITH DISTINCT x, y RETURN id(x) AS a, "
                                                        "id(y) AS b ORDER BY a, b") == all);
                            CHECK(
                                random.Number("MATCH " + ways +
                                              " RETURN count(DISTINCT x.i * 100 + y.i)") ==
                                std::to_string(all.empty() ? 0 : std::ranges::count(all, ' ') + 1));
                        }
                    }
                }
            }
        });
    }
}

TEST_CASE("openCypher's patterns may say of one element what another has") {
    TestGraph graph(GraphMode::kNeptune, false);
    REQUIRE(Ask(graph,
                "CREATE (a:p {`~id`: 'a', i: 1})-[:e {w: 1}]->(b:p {`~id`: 'b', i: 1}), "
                "(a)-[:e {w: 2}]->(:p {`~id`: 'c', i: 3})") == "");
    cypher::Check(
        graph,
        {{"MATCH (x)-[r:e {w: x.i}]->(y {`~id`: 'b'}) RETURN id(x)", "a"},
         {"MATCH (x:p)-[:e]->(y {i: x.i}) RETURN id(y)", "b"},
         {"MATCH (y {`~id`: 'c'}) MATCH (x:p)-[r:e {w: x.i + 1}]->(y) RETURN id(x), id(y)", "a,c"},
         {"MATCH (x:p)-[r:e]->(y {i: r.w}) RETURN id(y)", "b"}});
}

TEST_CASE("openCypher tells early which matches fail, and fails only for whole ones") {
    TestGraph graph;
    cypher::Check(
        graph,
        {
            {"MATCH (a:person)-[:created]->(s) WHERE a.age > 30 AND s.name = 'lop' RETURN a.name "
             "ORDER BY a.name",
             "josh peter"},
            {"MATCH (a)-[:knows]->(b) WHERE b.age IS NOT NULL AND a.nothing IS NULL RETURN b.name "
             "ORDER BY b.name",
             "josh vadas"},
            // What cannot be compared is unknown, so it is no match.
            {"MATCH (a)-->(b) WHERE a.name < 3 RETURN b", ""},
            {"MATCH p = (a:person)-[:knows]->(b) WHERE p IS NOT NULL AND a.age = 29 RETURN "
             "length(p)",
             "1 1"},
            // It divides only where there is a whole match.
            {"MATCH (a {name: 'vadas'})-->(b) WHERE 1 / (a.age - 27) = 1 RETURN b", ""},
            {"MATCH (a {name: 'marko'}) MATCH (a)-[:knows]->(b) WHERE b.age > a.age RETURN b.name",
             "josh"},
        });
}

TEST_CASE("openCypher's shortest paths are found from both ends") {
    RandomGraph random;
    random.AddVertices(24);
    random.AddEdges(40);
    EachState(random, [&] {
        // What is one hop away, of which each distance follows.
        std::map<std::string, std::set<std::string>> near;
        const auto edges = Ask(random.graph, "MATCH (x)-[:a]->(y) RETURN id(x), id(y)");
        for (size_t at = 0; at < edges.size();) {
            const size_t comma = edges.find(',', at);
            const size_t end = std::min(edges.find(' ', at), edges.size());
            near[edges.substr(at, comma - at)].insert(edges.substr(comma + 1, end - comma - 1));
            at = end + 1;
        }
        for (const std::string from : {"v0", "v4", "v11"}) {
            std::map<std::string, int> distance{{from, 0}};
            std::queue<std::string> waiting({from});
            for (; !waiting.empty(); waiting.pop()) {
                for (const std::string& next : near[waiting.front()]) {
                    if (distance.emplace(next, distance[waiting.front()] + 1).second)
                        waiting.push(next);
                }
            }
            for (int i = 0; i < 24; ++i) {
                const std::string to = "v" + std::to_string(i);
                if (to == from) continue;
                const std::string ends =
                    "(x {`~id`: '" + from + "'})-[:a*]->(y {`~id`: '" + to + "'})";
                const auto found = distance.find(to);
                const bool there = found != distance.end();
                CAPTURE(ends);
                CHECK(Ask(random.graph, "MATCH p = shortestPath(" + ends + ") RETURN length(p)") ==
                      (there ? std::to_string(found->second) : ""));
                // All of them are all paths of that length.
                const std::string length = there ? std::to_string(found->second) : "1";
                const std::string walks =
                    "(x {`~id`: '" + from + "'})-[:a*" + length + "]->(y {`~id`: '" + to + "'})";
                CHECK(random.Number("MATCH " + walks + " RETURN count(*)") ==
                      random.Number("MATCH p = allShortestPaths(" + ends +
                                    ") WHERE length(p) = " + length + " RETURN count(*)"));
                CHECK(Ask(random.graph, "MATCH (x {`~id`: '" + from + "'}), (y {`~id`: '" + to +
                                            "'}) MATCH p = shortestPath((y)<-[:a*]-(x)) RETURN "
                                            "id(nodes(p)[0])") == (there ? to : ""));
            }
        }
    });
    CHECK(Ask(random.graph,
              "MATCH p = shortestPath((x {`~id`: 'v1'})-[*0..3]-(y {`~id`: 'v1'})) "
              "RETURN length(p)") == "0");
    CHECK(Ask(random.graph,
              "MATCH p = shortestPath((x {`~id`: 'v1'})-[*1..3]-(y {`~id`: 'v1'})) "
              "RETURN length(p)") == "");
}

TEST_CASE("openCypher's shortest paths to many are as long as the shortest of all") {
    RandomGraph random;
    random.AddVertices(24);
    random.AddEdges(120);
    EachState(random, [&] {
        for (const char* hop : {"-[:a*1..2]->", "<-[:a*..3]-", "-[:a*1..3]-", "-[:b*2..3]->"}) {
            for (const char* end : {"(y:n)", "(y:m)", "(y:m {i: 9})", "(y)"}) {
                for (const char* begin : {"(x {`~id`: 'v4'})", "(x {`~id`: 'v11'})"}) {
                    const std::string ways = std::string(begin) + hop + end;
                    CAPTURE(ways);
                    const bool from_one = ways.find("*2") == std::string::npos;
                    CHECK(Ask(random.graph,
                              "MATCH p = shortestPath(" + ways +
                                  ") WHERE x <> y RETURN id(y) AS i, length(p) ORDER BY i") ==
                          Ask(random.graph, "MATCH p = " + std::string(begin) +
                                                (from_one ? hop : "-[:b*1..3]->") + end +
                                                " WHERE x <> y WITH y, min(length(p)) AS least "
                                                "WHERE least >= " +
                                                (from_one ? "1" : "2") +
                                                " RETURN id(y) AS i, least ORDER BY i"));
                }
            }
        }
    });
}

TEST_CASE("openCypher's first rows of an order are those of the whole order") {
    RandomGraph random;
    random.AddVertices(40);
    random.AddEdges(80);
    for (const char* keys : {"w", "w DESC, i", "i % 7 DESC, i"}) {
        const std::string query =
            "MATCH (x)-[r:a]->(y) WITH r.w AS w, x.i * 100 + y.i AS i ORDER BY " +
            std::string(keys) + " RETURN w, i";
        const std::string all = Ask(random.graph, query);
        std::vector<std::string> rows;
        for (size_t at = 0; at < all.size();) {
            const size_t end = std::min(all.find(' ', at), all.size());
            rows.push_back(all.substr(at, end - at));
            at = end + 1;
        }
        REQUIRE(rows.size() > 30);
        for (const auto& [skip, limit] : {std::pair{0, 5}, {3, 4}, {0, 0}, {0, 10'000}, {25, 3}}) {
            std::string expected;
            for (int i = skip; i < std::min<int>(skip + limit, static_cast<int>(rows.size())); ++i)
                expected += (expected.empty() ? "" : " ") + rows[static_cast<size_t>(i)];
            const std::string cut =
                " SKIP " + std::to_string(skip) + " LIMIT " + std::to_string(limit);
            CHECK(Ask(random.graph,
                      "MATCH (x)-[r:a]->(y) WITH r.w AS w, x.i * 100 + y.i AS i "
                      "ORDER BY " +
                          std::string(keys) + cut + " RETURN w, i") == expected);
        }
    }
    // What is written before it is written for all rows.
    CHECK(Ask(random.graph, "MATCH (x:m) SET x.seen = true RETURN x.i ORDER BY x.i LIMIT 0") == "");
    CHECK(random.Number("MATCH (x {seen: true}) RETURN count(*)") == "14");
}

TEST_CASE("openCypher finds labels of what rests, of many vertices and of few") {
    TestGraph graph(GraphMode::kNeptune, false);
    REQUIRE(Ask(graph, "UNWIND range(1, 300) AS i CREATE (:many {i: i})") == "");
    REQUIRE(Ask(graph, "CREATE (:hub)-[:to]->(:few:many), (), ()") == "");
    REQUIRE(Ask(graph, "MATCH (h:hub), (x) WHERE x.i < 100 CREATE (h)-[:to]->(x)") == "");
    const auto check = [&](const char* many, const char* few) {
        CHECK(Ask(graph, "MATCH (:hub)-[:to]->(x:many) RETURN count(*)") == many);
        CHECK(Ask(graph, "MATCH (:hub)-[:to]->(x:few) RETURN count(*)") == few);
        CHECK(Ask(graph, "MATCH (:hub)-[:to]->(x:few:many) RETURN count(x.i)") == "0");
        // Gremlin's name for a vertex without a label is none to openCypher.
        CHECK(Ask(graph, "MATCH (x:vertex) RETURN count(*)") == "0");
        CHECK(Ask(graph, "MATCH (x) WHERE x:vertex RETURN count(*)") == "0");
    };
    check("100", "1");
    REQUIRE(graph.Store().Rest());
    check("100", "1");
    REQUIRE(Ask(graph, "MATCH (x {i: 7}) REMOVE x:many SET x:few") == "");
    check("99", "2");
}
