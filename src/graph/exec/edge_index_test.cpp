// What an index of edges finds is what a scan of them finds: the same questions of a graph that has
// indexes and of one that has none.
#include <algorithm>
#include <chrono>
#include <random>
#include <sstream>
#include <thread>

#include "graph/cypher/test_query.h"
#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// Whether an index of that property of edges answers.
bool Answers(GraphStore& store, std::string_view name) {
    const auto reader = store.Read();
    const auto key = reader->FindName(name);
    const auto nothing = ValuesThat(Comparison::kEqual, Value("no such text"));
    return key && reader->EdgesBy(*key, *nothing, 0) != nullptr;
}

bool ComesToAnswer(GraphStore& store, std::string_view name) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!Answers(store, name)) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

constexpr const char* kKeys[] = {"i", "d", "s", "b", "w", "m"};

/// Two graphs that get the same changes.
class IndexedPair {
  public:
    explicit IndexedPair(uint32_t seed) : random_(seed) {
        std::string script;
        for (int i = 1; i <= kVertices; ++i) {
            script += "g.addV('" + std::string(i % 3 == 0 ? "q" : "p") + "').property(id, " +
                      std::to_string(i) + ")\n";
        }
        Do(script);
        Add(60);
    }
    TestGraph& Indexed() { return indexed_; }
    void Index() {
        for (const char* key : kKeys) {
            const NameId name = *indexed_.Store().Read()->FindName(key);
            indexed_.Store().WantIndex({ElementKind::kEdge, name});
        }
        for (const char* key : kKeys) REQUIRE(ComesToAnswer(indexed_.Store(), key));
    }
    void Do(const std::string& script) {
        CAPTURE(script);
        for (TestGraph* graph : {&indexed_, &plain_}) REQUIRE(graph->Run(script) == "");
    }
    void Add(int count) {
        std::string script;
        for (int i = 0; i < count; ++i) {
            const auto n = static_cast<int>(random_() % 40) - 10;
            const std::string number = std::to_string(n);
            static constexpr const char* kSuffixes[] = {"",  "l",   "b",   "s",
                                                        "n", ".0d", ".0f", ".0m"};
            const unsigned id = next_++;
            script += "g.addE('" + std::string(id % 4 == 0 ? "u" : "t") + "').from(__.V(" +
                      Vertex() + ")).to(__.V(" + Vertex() + ")).property(id, " +
                      std::to_string(id) + ")";
            if (n % 7 != 0) script += ".property('i', " + number + kSuffixes[random_() % 8] + ")";
            script += ".property('d', " + std::to_string(n * 0.25) + "d)";
            script += ".property('s', 'text" + std::to_string(n & 7) + "')";
            if (n % 3 != 0) script += ".property('b', " + std::string(n > 0 ? "true)" : "false)");
            script += ".property('w', datetime('2020-01-" + std::to_string(10 + (n & 7)) + "'))";
            static constexpr const char* kMixed[] = {"NaN",
                                                     "Infinity",
                                                     "-0.0d",
                                                     "0",
                                                     "'0'",
                                                     "true",
                                                     "9007199254740993l",
                                                     "9007199254740992.0d",
                                                     "123456789012345678901234567890n",
                                                     "0.1m",
                                                     "0.1d",
                                                     "0.1f",
                                                     "''",
                                                     "datetime('1969-12-31T23:59:59.999Z')",
                                                     "'ö'",
                                                     "'text'"};
            script += ".property('m', " + std::string(kMixed[random_() % 16]) + ")\n";
        }
        Do(script);
    }
    void Change() {
        const auto some = [&] { return std::to_string(kFirst + random_() % (next_ - kFirst)); };
        Do("g.E(" + some() + ").property('i', 33)");
        Do("g.E(" + some() + ").properties('i', 's').drop()");
        Do("g.E(" + some() + ").drop()");
        const std::string vertex = Vertex();
        Do("g.V(" + vertex + ").drop()");
        Do("g.addV('p').property(id, " + vertex + ").iterate()");
        Do("g.E(" + some() + ").property('s', 'changed').property('m', 'text').iterate()");
        // What a query changes moves in the index that it goes through.
        Do("g.E().has('i', between(2, 6)).property('i', 7).iterate()");
        Do("g.E().has('d', gt(4)).property('d', 5.5d).has('i', 7).property('s', 'x').iterate()");
        Do("g.E().has('s', 'text5').has('d', lt(-1)).drop()");
        for (TestGraph* graph : {&indexed_, &plain_}) {
            for (const char* query : {"MATCH ()-[r {s: 'text3'}]->() SET r.i = 12, r.s = 'text4'",
                                      "MATCH ()-[r]->() WHERE r.d > 3 SET r.d = r.d + 1",
                                      "MATCH (a)-[r:u {s: 'text6'}]->() WHERE r.d < 0 DELETE r "
                                      "WITH a, r MATCH (a)-[r]->(c) SET c.seen = 1"}) {
                CAPTURE(query);
                REQUIRE(cypher::Ask(*graph, query) == "");
            }
        }
    }
    void Compare() {
        for (const char* script : {
                 "g.E().has('i', 5).id()",
                 "g.E().has('i', 5.0d).count()",
                 "g.E().has('i', 5n).count()",
                 "g.E().has('i', gt(12)).id()",
                 "g.E().has('i', lt(-3)).id()",
                 "g.E().has('i', gte(7)).has('i', lte(9)).id()",
                 "g.E().has('i', between(3, 9)).has('s', 'text1').values('d')",
                 "g.E().has('i', inside(3.5, 9)).count()",
                 "g.E().has('i', outside(-8, 28)).id()",
                 "g.E().has('i', within(1, 2, 29)).id()",
                 "g.E().has('i', within()).count()",
                 "g.E().has('i', without(1, 2)).count()",
                 "g.E().has('i', neq(1)).count()",
                 "g.E().has('i', gt(12).and(neq(15))).id()",
                 "g.E().has('i', gt(12).or(lt(-5))).id()",
                 "g.E().has('i', gt(12).negate()).count()",
                 "g.E().has('i', 'text1').count()",
                 "g.E().has('i', gt('text1')).count()",
                 "g.E().has('i', gt(NaN)).count()",
                 "g.E().has('none', 5).count()",
                 "g.E().has('u', 'i', gt(12)).id()",
                 "g.E().hasLabel('t').has('s', 'text2').id()",
                 "g.E().has('d', gt(7)).outV().dedup().id()",
                 "g.E().has('s', gt('text5')).id()",
                 "g.E().has('s', lt('text1')).id()",
                 "g.E().has('s', startingWith('text')).count()",
                 "g.E().has('b', true).count()",
                 "g.E().has('b', lt(true)).count()",
                 "g.E().has('w', gt(datetime('2020-01-15'))).id()",
                 "g.E().has('w', datetime('2020-01-12')).id()",
                 "g.E().has('m', 0).id()",
                 "g.E().has('m', gte(0)).id()",
                 "g.E().has('m', lt(0.1d)).id()",
                 "g.E().has('m', 0.1m).id()",
                 "g.E().has('m', 9007199254740993l).id()",
                 "g.E().has('m', gt(9007199254740992l)).id()",
                 "g.E().has('m', 123456789012345678901234567890n).id()",
                 "g.E().has('m', gte(Infinity)).id()",
                 "g.E().has('m', NaN).count()",
                 "g.E().has('m', '').id()",
                 "g.E().has('m', gt('')).id()",
                 "g.E().has('m', lt(datetime('1970-01-01'))).id()",
                 "g.E().has('m', true).id()",
                 "g.V().hasLabel('q').outE().has('i', gt(12)).id()",
                 "g.inject(5, 6).as('x').E().has('i', 7).id()",
             }) {
            CAPTURE(script);
            const std::string answer = plain_.AskAnyOrder(script);
            CHECK_FALSE(answer.starts_with("error"));
            CHECK(indexed_.AskAnyOrder(script) == answer);
        }
        for (const char* query : {
                 "MATCH ()-[r {i: 5}]->() RETURN id(r)",
                 "MATCH ()-[r:t {i: 5.0}]->() RETURN count(r)",
                 "MATCH ()-[r:t|u]->() WHERE r.i = 5 RETURN id(r)",
                 "MATCH (a)-[r]->(b) WHERE r.i > 12 RETURN id(a), id(r), id(b)",
                 "MATCH (a)<-[r]-(b) WHERE 12 < r.i RETURN id(a), id(r), id(b)",
                 "MATCH (a)-[r]-(b) WHERE r.i > 12 AND r.i <= 20 RETURN id(a), id(r), id(b)",
                 "MATCH (a:p)-[r {s: 'text1'}]->(b:q) RETURN id(a), id(b)",
                 "MATCH (a)-[r {s: 'text1'}]->(a) RETURN id(a), id(r)",
                 "MATCH (a)-[x]->(b)-[r {i: 7, s: 'text7'}]->(c) RETURN id(x), id(r), id(c)",
                 "MATCH (a)-[r {i: 7}]->(b)-[s {i: 7}]->(c) RETURN id(r), id(s)",
                 "MATCH (a)-[r {i: 11}]->(b)<-[s {i: 11}]-(c) RETURN id(r), id(s)",
                 "MATCH p = (a)-[r {i: 11}]->(b)-[*1..2]->(c) RETURN length(p), id(r), id(c)",
                 "MATCH ()-[r {i: 3}]->(), ()-[s {i: 4}]->() RETURN id(r), id(s)",
                 "MATCH ()-[r]->() WHERE r.i < -3 OR r.i > 25 RETURN id(r)",
                 "MATCH ()-[r]->() WHERE r.i IS NULL RETURN count(*)",
                 "MATCH ()-[r {i: null}]->() RETURN count(*)",
                 "MATCH ()-[r]->() WHERE r.i <> 5 RETURN count(*)",
                 "MATCH (a)-[r]->() WHERE r.i > 12 AND id(a) > 10 RETURN id(r)",
                 "MATCH (a)-[r]->() WHERE r.i > 12 RETURN count(DISTINCT a), sum(r.d)",
                 "MATCH ()-[r]->() WHERE r.i > 12 AND r.none > 1 RETURN id(r)",
                 "UNWIND [3, 4, 'x', null] AS x MATCH ()-[r {i: x}]->() RETURN x, id(r)",
                 "MATCH ()-[r {i: 7}]->() MATCH ()-[s {i: r.i}]->() RETURN count(*)",
                 "MATCH ()-[r {s: 'text2'}]->() MATCH (a)-[r]-(b) RETURN id(a), id(b)",
                 "MATCH ()-[r {s: 'text2'}]->() MATCH (a)-[r:u]->(b) RETURN id(a), id(b)",
                 "MATCH ()-[r {s: 'text2'}]->() OPTIONAL MATCH (b)-[r {i: 3}]->() RETURN id(b)",
                 "OPTIONAL MATCH ()-[r {s: 'nobody'}]->() RETURN r",
                 "OPTIONAL MATCH ()-[r {s: 'no'}]->() OPTIONAL MATCH (a)-[r]->() RETURN a",
                 "MATCH (a:q) WHERE EXISTS { MATCH (a)-[r {s: 'text1'}]->() } RETURN id(a)",
                 "MATCH (a:q) RETURN size([(x)-[r {s: 'text1'}]->(y) | r])",
                 "MATCH ()-[r]->() WHERE r.b = true AND r.s = 'text1' RETURN id(r)",
                 "MATCH ()-[r]->() WHERE r.w > datetime('2020-01-15') RETURN id(r)",
                 "MATCH ()-[r {w: datetime('2020-01-12')}]->() RETURN id(r)",
                 "MATCH ()-[r]->() WHERE r.m >= 0 RETURN id(r)",
                 "MATCH ()-[r {m: 0.1}]->() RETURN id(r)",
                 "MATCH ()-[r {m: 9007199254740993}]->() RETURN id(r)",
                 "MATCH ()-[r]->() WHERE r.m < 'text' RETURN id(r)",
                 "MATCH ()-[r {s: 'text1'}]->() RETURN id(r) LIMIT 0",
                 "MATCH (n) WHERE n.seen = 1 RETURN id(n)",
                 "MATCH p = shortestPath((a)-[r*1..3 {s: 'text1'}]->(b)) WHERE id(a) < id(b) "
                 "RETURN length(p), id(a), id(b)",
             }) {
            CAPTURE(query);
            const auto rows = [&](TestGraph& graph) {
                std::istringstream in(cypher::Ask(graph, query));
                std::vector<std::string> sorted;
                for (std::string row; in >> row;) sorted.push_back(row);
                std::ranges::sort(sorted);
                return sorted;
            };
            const auto answer = rows(plain_);
            CHECK(std::ranges::find(answer, "error:") == answer.end());
            CHECK(rows(indexed_) == answer);
        }
    }

  private:
    static constexpr int kVertices = 40;
    static constexpr unsigned kFirst = 1000;  ///< edge
    std::string Vertex() { return std::to_string(1 + random_() % kVertices); }

    TestGraph indexed_{GraphMode::kTinkerGraph, false}, plain_{GraphMode::kTinkerGraph, false};
    std::mt19937 random_;
    unsigned next_ = kFirst;
};

}  // namespace

TEST_CASE("What an index of edges finds is what a scan finds, over changes, rests and stops") {
    for (const uint32_t seed : {1U, 2U, 3U}) {
        CAPTURE(seed);
        IndexedPair pair(seed);
        pair.Add(200);
        if (seed == 2) REQUIRE(pair.Indexed().Store().Rest());
        pair.Index();
        pair.Compare();
        for (int i = 0; i < 3; ++i) pair.Change();
        pair.Add(100);
        pair.Compare();
        REQUIRE(pair.Indexed().Store().Rest());
        pair.Compare();
        pair.Change();
        pair.Indexed().Reopen();
        for (const char* key : kKeys) CHECK(Answers(pair.Indexed().Store(), key));
        pair.Compare();
    }
}

TEST_CASE("An index of edges appears where queries find few of many, and in no older snapshot") {
    TestGraph graph(GraphMode::kTinkerGraph, false);
    std::string script = "g.addV().property(id, 1).iterate()\n";
    for (int i = 0; i < 3000; ++i) {
        script += "g.addE('t').from(__.V(1)).to(__.V(1)).property('rare', " +
                  std::to_string(i % 1000) + ").property('same', 1).property('other', " +
                  std::to_string(i) + ").iterate()\n";
    }
    REQUIRE(graph.Run(script) == "");
    const auto before = graph.Store().Read();
    CHECK(graph.Ask("g.E().has('same', 1).count()") == "3000");
    CHECK(graph.Ask("g.E().has('rare', gt(990)).count()") == "27");
    CHECK(ComesToAnswer(graph.Store(), "rare"));
    CHECK(graph.Ask("g.E().has('rare', gt(990)).count()") == "27");
    CHECK(cypher::Ask(graph, "MATCH ()-[r {other: 77}]->() RETURN r.rare") == "77");
    CHECK(ComesToAnswer(graph.Store(), "other"));
    CHECK(cypher::Ask(graph, "MATCH ()-[r {other: 77}]->() RETURN r.rare") == "77");
    CHECK_FALSE(Answers(graph.Store(), "same"));
    const auto key = *before->FindName("rare");
    CHECK(before->EdgesBy(key, *ValuesThat(Comparison::kEqual, Value(5)), 0) == nullptr);
}
