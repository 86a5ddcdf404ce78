// What stands beside lists of edges says what their rows say: the same questions of a graph that
// rests and of one that never does.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "graph/cypher/test_pair.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// Of edges.
class TwoGraphs : public GraphPair {
  public:
    explicit TwoGraphs(uint32_t seed) : random_(seed) {
        std::string script;
        for (unsigned i = 1; i <= kVertices; ++i) script += NewVertex(i) + "\n";
        Do(script);
    }
    /// Edges whose values are of other types with each vertex that they leave.
    void Add(unsigned count, unsigned vertices = kVertices) {
        std::string script;
        for (unsigned i = 0; i < count; ++i) {
            const unsigned from = 1 + random_() % vertices, id = next_++;
            const auto n = static_cast<int>(random_() % 60) - 20;
            const std::string number = std::to_string(n);
            script += "g.addE('" + std::string(id % 3 == 0 ? "u" : "t") + "').from(__.V(" +
                      std::to_string(from) + ")).to(__.V(" + Vertex() + ")).property(id, " +
                      std::to_string(id) + ").property('i', " + number + ")";
            static constexpr const char* kByVertex[] = {"", "l", ".5d", "d", "s", "b", ".0f"};
            script += ".property('m', " + number + kByVertex[from % 7] + ")";
            script += ".property('d', " + std::to_string(n * 0.25) + "d)";
            static constexpr const char* kRare[] = {"NaN", "-0.0d", "Infinity", "0.0d"};
            script += ".property('n', " +
                      (from % 5 == 0 && id % 4 == 0 ? kRare[random_() % 4] : number + ".0d") + ")";
            if (from % 4 != 0 || n > 0) script += ".property('some', " + number + ")";
            if (n % 9 == 0) script += ".property('rare', " + number + ")";
            if (from % 6 == 0 && id % 8 == 0) script += ".property('x', 'text')";
            if (from % 6 != 0 || id % 8 != 0) script += ".property('x', " + number + ")";
            script += ".property('s', 'text" + std::to_string(n & 3) + "')";
            script += ".property('w', datetime('2020-01-" + std::to_string(10 + (n & 7)) + "'))\n";
        }
        Do(script);
    }
    void Change() {
        const auto some = [&] { return std::to_string(kFirst + random_() % (next_ - kFirst)); };
        Do("g.E(" + some() + ").property('i', 33)");
        Do("g.E(" + some() + ").property('i', 2.5d).property('m', 'text').iterate()");
        Do("g.E(" + some() + ").properties('i', 'm').drop()");
        Do("g.E(" + some() + ").drop()");
        const std::string vertex = Vertex(), late = std::to_string(late_++);
        Do("g.V(" + vertex + ").drop()");
        Do("g.addV('p').property(id, " + vertex + ").iterate()");
        Do("g.addV('q').property(id, " + late + ").addE('t').to(__.V(" + vertex +
           ")).property('i', 6).property('m', 6.5d).iterate()");
        Do("g.V(" + vertex + ").addE('late').to(__.V(" + late + ")).property('i', 7).iterate()");
        Do("g.E().has('i', between(2, 4)).property('i', 7).iterate()");
        DoInCypher("MATCH ()-[r:u]->() WHERE r.d > 9 SET r.d = r.d + 1");
        DoInCypher("MATCH ()-[r:t]->() WHERE r.i = -7 DELETE r");
    }
    void Compare() {
        for (const char* script : {
                 "g.E().hasLabel('t').values('i').sum()",
                 "g.E().hasLabel('t').values('i').mean()",
                 "g.E().hasLabel('u').values('d').sum()",
                 "g.E().hasLabel('u').values('d').min()",
                 "g.E().hasLabel('t').values('m').sum()",
                 "g.E().hasLabel('t').values('m').min()",
                 "g.E().hasLabel('t').values('m').max()",
                 "g.E().hasLabel('t').values('m').count()",
                 "g.E().hasLabel('t').values('n').count()",
                 "g.E().hasLabel('t').values('n').sum()",
                 "g.E().hasLabel('t').values('some').sum()",
                 "g.E().hasLabel('t').values('some').count()",
                 "g.E().hasLabel('t').values('rare').sum()",
                 "g.E().hasLabel('t').values('x').max()",
                 "g.E().hasLabel('t').values('x').sum()",
                 "g.E().hasLabel('t').values('s').max()",
                 "g.E().hasLabel('t').values('w').max()",
                 "g.E().hasLabel('late').values('i').sum()",
                 "g.E().hasLabel('t').values('none').sum()",
                 "g.E().hasLabel('nobody').values('i').sum()",
                 "g.E().values('i').sum()",
                 "g.E().hasLabel('t').has('i', gt(3)).count()",
                 "g.E().has('i', gt(3)).hasLabel('t').count()",
                 "g.E().has('t', 'i', lte(3.5)).count()",
                 "g.E().hasLabel('t', 'u').has('i', lte(3.5)).count()",
                 "g.E().has('i', gt(3)).count()",
                 "g.E().has('i', gt(3)).id()",
                 "g.E().has('i', gt(3)).outV().id()",
                 "g.E().has('i', neq(4)).count()",
                 "g.E().has('i', within(1, 2, 29)).values('d').sum()",
                 "g.E().has('i', without(1, 2)).count()",
                 "g.E().has('i', outside(-3, 12)).values('i').sum()",
                 "g.E().has('i', gt(-9)).has('d', lt(2)).values('m').max()",
                 "g.E().has('i', 'text').count()",
                 "g.E().has('i').count()",
                 "g.E().has('some').count()",
                 "g.E().has('m', gt(1)).count()",
                 "g.E().has('m', lt(0.25d)).values('m').sum()",
                 "g.E().has('m', 'text').count()",
                 "g.E().has('n', gte(0)).count()",
                 "g.E().has('n', 0.0d).count()",
                 "g.E().has('n', NaN).count()",
                 "g.E().has('n', lt(Infinity)).count()",
                 "g.E().has('x', gt(0)).values('x').sum()",
                 "g.E().has('s', 'text1').values('i').sum()",
                 "g.E().has('w', gt(datetime('2020-01-12'))).count()",
                 "g.E().has('i', gt(3)).has('none').count()",
                 "g.E().hasLabel('t').order().by('i').by('id').limit(6).values('i')",
                 "g.E().hasLabel('t').order().by('w', desc).limit(6).values('w')",
                 "g.E().has('i', gt(1)).order().by('d').limit(6).values('d')",
                 "g.E().hasLabel('t').has('i', gt(9)).limit(0).count()",
                 "g.E().hasLabel('t').as('e').has('i', gt(9)).select('e').count()",
                 "g.V(1, 2, 3).E().hasLabel('t').has('i', gt(9)).count()",
                 "g.inject(1).E().has('i', gt(9)).values('i').sum()",
             }) {
            CAPTURE(script);
            CHECK(rests_.AskAnyOrder(script) == never_.AskAnyOrder(script));
        }
        for (const char* script : {
                 "g.E().hasLabel('t').groupCount().by('i')",
                 "g.E().hasLabel('t').groupCount().by('m')",
                 "g.E().hasLabel('t').values('some').groupCount()",
                 "g.E().has('i', gt(3)).groupCount().by('s')",
             }) {
            const auto entries = [&](TestGraph& graph) {
                std::string map = graph.Ask(script);
                std::erase_if(map, [](char c) { return c == '{' || c == '}' || c == ','; });
                return SortedWords(map);
            };
            CAPTURE(script);
            CHECK(entries(rests_) == entries(never_));
        }
        for (const char* query : {
                 "MATCH ()-[r:t]->() RETURN avg(r.i), sum(r.d), min(r.m), max(r.m), count(r.some)",
                 "MATCH ()<-[r:t]-() RETURN sum(r.i), count(*)",
                 "MATCH ()-[r:t|u]->() RETURN sum(r.i), count(r)",
                 "MATCH ()-[r]->() RETURN sum(r.i), min(r.d), count(r.rare)",
                 "MATCH ()-[r:t]->() RETURN min(r.w), max(r.s), min(r.x)",
                 "MATCH ()-[r:t]->() RETURN sum(r.s)",
                 "MATCH ()-[r:nobody]->() RETURN sum(r.i), count(*)",
                 "MATCH ()-[r:t]->() WHERE r.i > 5 RETURN count(*)",
                 "MATCH ()-[r:t]->() WHERE 5 >= r.i RETURN count(r)",
                 "MATCH ()-[r]->() WHERE r.i > 5 AND r.d < 4 RETURN count(r), sum(r.m)",
                 "MATCH ()-[r]->() WHERE r.i < -9 OR r.i > 30 RETURN count(*)",
                 "MATCH ()-[r]->() WHERE NOT r.i < 0 RETURN count(*)",
                 "MATCH ()-[r]->() WHERE r.some IS NULL RETURN count(*), sum(r.i)",
                 "MATCH ()-[r]->() WHERE r.m IS NOT NULL RETURN count(*)",
                 "MATCH ()-[r {i: 5}]->() RETURN count(*)",
                 "MATCH ()-[r:t {i: 5, s: 'text1'}]->() RETURN sum(r.d)",
                 "MATCH ()-[r]->() WHERE r.n <> 0 RETURN count(*)",
                 "MATCH ()-[r]->() WHERE r.w = datetime('2020-01-12') RETURN count(*)",
                 "MATCH ()-[r:t]->() RETURN r.i, count(*)",
                 "MATCH ()-[r:t]->() RETURN r.i, r.some, count(r), sum(r.d)",
                 "MATCH ()-[r:t]->() WITH r.m AS m, count(*) AS c, sum(r.d) AS d RETURN c, d",
                 "MATCH ()-[r]->() WHERE r.i > 3 RETURN r.s, count(*), avg(r.i)",
                 "MATCH (a)-[r:t]->(b) RETURN r.i AS i, id(r) AS e, id(a) AS a, id(b) AS b "
                 "ORDER BY i DESC, e LIMIT 7",
                 "MATCH (a)<-[r]-(b) WHERE r.d < 4 RETURN r.d AS d, id(r) AS e, id(a) AS a, id(b) "
                 "AS b ORDER BY d DESC, e LIMIT 7",
                 "MATCH (a)-[r:t]->(b) WHERE id(a) > 9 RETURN sum(r.i)",
                 "MATCH (a)-[r:t]->(a) RETURN sum(r.i)",
                 "MATCH (a:p)-[r:t]->() RETURN sum(r.i)",
                 "MATCH ()-[r:t]-() WHERE r.i > 3 RETURN sum(r.i)",
                 "MATCH ()-[r:t]->() WHERE r.i > 30 MATCH ()-[r]->(b:q) RETURN sum(r.i)",
                 "MATCH p = ()-[r:t]->() WHERE r.i > 30 RETURN sum(r.i), sum(length(p))",
                 "OPTIONAL MATCH ()-[r:t]->() WHERE r.i > 1000 RETURN sum(r.i), count(*)",
                 "UNWIND [1, 5] AS x MATCH ()-[r:t]->() WHERE r.i > 3 RETURN x, count(*)",
                 "UNWIND [1, 5] AS x MATCH ()-[r:t]->() WHERE r.i > x RETURN x, count(*)",
                 "MATCH ()-[r:t]->() WHERE r.i > 3 WITH DISTINCT r.i AS i RETURN sum(i)",
             }) {
            CAPTURE(query);
            CHECK(SortedWords(cypher::Ask(rests_, query)) ==
                  SortedWords(cypher::Ask(never_, query)));
        }
    }

  private:
    static constexpr unsigned kVertices = 150, kFirst = 1000;  ///< numbers of edges
    static std::string NewVertex(unsigned id) {
        return "g.addV('" + std::string(id % 3 == 0 ? "q" : "p") + "').property(id, " +
               std::to_string(id) + ")";
    }
    std::string Vertex() { return std::to_string(1 + random_() % kVertices); }

    std::mt19937 random_;
    unsigned next_ = kFirst, late_ = 1'000'000;
};

/// How many edges a scan of all gives, and of how many a column tells the value.
std::pair<size_t, size_t> Told(GraphStore& store, const char* key) {
    const auto graph = store.Read();
    const auto scan = graph->ScanEdges({});
    REQUIRE(scan != nullptr);
    size_t all = 0, told = 0;
    ElementBatch batch;
    while (scan->NextLabel()) {
        const ValueColumn* const column = scan->Find(*graph->FindName(key));
        while (scan->Next(batch)) {
            all += batch.places.size();
            for (const uint16_t place : batch.places) {
                told += column != nullptr && !column->blocks[0].InRow(place) ? 1 : 0;
            }
        }
    }
    return {all, told};
}

}  // namespace

TEST_CASE("What stands beside lists of edges is what rows say, also of what has changed over it") {
    for (const uint32_t seed : {1U, 2U}) {
        CAPTURE(seed);
        TwoGraphs pair(seed);
        CompareThroughout(pair, 500, 3);
    }
}

TEST_CASE("What stands beside lists of edges is what rows say, of lists longer than a batch") {
    TwoGraphs pair(3);
    pair.Add(3000, 3);
    pair.Add(2000);
    REQUIRE(pair.Rests().Store().Rest());
    pair.Compare();
    pair.Change();
    pair.Compare();
}

TEST_CASE("Columns beside lists tell of every edge that has not changed") {
    TestGraph graph(GraphMode::kTinkerGraph, false);
    std::string script;
    for (int i = 1; i <= 100; ++i) script += "g.addV().property(id, " + std::to_string(i) + ")\n";
    for (int i = 0; i < 3000; ++i) {
        script += "g.addE('" + std::string(i % 2 == 0 ? "a" : "b") + "').from(__.V(" +
                  std::to_string(1 + i % 50) + ")).to(__.V(" + std::to_string(51 + i % 49) +
                  ")).property(id, " + std::to_string(1000 + i) + ").property('w', " +
                  std::to_string(i * 0.5) + "d).iterate()\n";
    }
    REQUIRE(graph.Run(script) == "");
    CHECK(graph.Store().Read()->ScanEdges({}) == nullptr);  // nothing rests
    REQUIRE(graph.Store().Rest());
    CHECK(Told(graph.Store(), "w") == std::pair<size_t, size_t>(3000, 3000));
    CHECK(graph.Store().Write()->ScanEdges({}) == nullptr);
    REQUIRE(graph.Run("g.E(1000).property('w', 1)") == "");
    CHECK(Told(graph.Store(), "w") == std::pair<size_t, size_t>(3000, 2999));
    REQUIRE(graph.Run("g.E(1001).drop()") == "");  // one of sixty that leave its vertex
    CHECK(Told(graph.Store(), "w") == std::pair<size_t, size_t>(2999, 2939));
    REQUIRE(graph.Run("g.V(99).addE('a').to(__.V(60)).property('w', 2.0d)") == "");
    CHECK(Told(graph.Store(), "w") == std::pair<size_t, size_t>(3000, 2939));
}

TEST_CASE("A scan of edges sees one moment, whatever is written meanwhile") {
    TestGraph graph(GraphMode::kTinkerGraph, false);
    std::string script;
    for (int i = 1; i <= 90; ++i) script += "g.addV().property(id, " + std::to_string(i) + ")\n";
    for (int i = 0; i < 3000; ++i) {
        script += "g.addE('t').from(__.V(" + std::to_string(1 + i % 90) + ")).to(__.V(" +
                  std::to_string(1 + i % 7) + ")).property('w', 10l).iterate()\n";
    }
    REQUIRE(graph.Run(script) == "");
    GraphStore& store = graph.Store();
    REQUIRE(store.Rest());
    const NameId key = *store.Read()->FindName("w");
    std::atomic<bool> over{false};
    std::jthread writer([&] {
        std::mt19937 random(5);
        for (int i = 0; i < 400; ++i) {
            if (i % 100 == 99) static_cast<void>(store.Rest());
            const auto one = store.Write();
            std::vector<EdgeRef> edges;
            const auto scan = one->Edges();
            for (EdgeRef edge; scan->Next(edge);) edges.push_back(edge);
            // What one edge loses another one gets, also when it comes or goes.
            const auto get = [&](int64_t more) {
                const uint64_t edge = edges[random() % edges.size()].id;
                EdgeRow row = *one->Edge(edge);
                row.values = {{key, Value(row.values[0].second.As<int64_t>() + more)}};
                static_cast<void>(one->PutEdge(edge, row));
            };
            const EdgeRef gone = edges.back();
            edges.pop_back();
            get(one->Edge(gone.id)->values[0].second.As<int64_t>());
            one->DropEdge(gone.id);
            get(-7);
            EdgeRow row;
            row.label = gone.label;
            row.out = edges[random() % edges.size()].out;
            row.in = gone.in;
            row.values = {{key, Value(int64_t{7})}};
            static_cast<void>(one->AddEdge(row));
            static_cast<void>(one->Commit());
        }
        over = true;
    });
    while (!over) {
        CHECK(graph.Ask("g.E().values('w').sum()") == "30000");
        CHECK(cypher::Ask(graph, "MATCH ()-[r:t]->() RETURN sum(r.w), count(r.w)") == "30000,3000");
    }
}
