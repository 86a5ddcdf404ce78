// What is read by column is what rows say: the same questions of a graph that rests and of one that
// never does.
#include <algorithm>
#include <random>

#include "graph/cypher/test_pair.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// A map's entries in any order.
std::string Entries(std::string map) {
    std::erase_if(map, [](char c) { return c == '{' || c == '}' || c == ','; });
    return SortedWords(map);
}

/// Of vertices.
class Pair : public GraphPair {
  public:
    explicit Pair(uint32_t seed) : random_(seed) {
        Do("g.addV('other').property(id, 1).property('i', 5)");
    }
    /// New vertices, whose values are of several types; some lack them, some have several.
    void Add(int count) {
        std::string script;
        for (int i = 0; i < count; ++i) {
            const int id = next_++;
            const auto n = static_cast<int>(random_() % 40) - 10;
            script += "g.addV('" + std::string(id % 9 == 0 ? "other" : "p") + "').property(id, " +
                      std::to_string(id) + ")";
            if (n % 7 != 0) script += ".property('i', " + std::to_string(n) + ")";
            script += ".property('d', " + std::to_string(n * 0.25) + "d)";
            script += ".property('s', 'few" + std::to_string(n & 3) + "')";
            if (n % 5 != 0) script += ".property('t', 'text" + std::to_string(id * 7 % 1000) + "')";
            script += ".property('b', " + std::string(n > 0 ? "true" : "false") + ")";
            script += ".property('w', datetime('2020-01-" + std::to_string(10 + (n & 7)) + "'))";
            if (id % 40 == 3) script += ".property('d', 'mixed')";
            if (id % 40 == 7) script += ".property('rare', " + std::to_string(n) + ")";
            if (id % 40 == 5) script += ".property(list, 'm', 1).property(list, 'm', 2)";
            if (id % 40 != 5) script += ".property('m', " + std::to_string(n) + ")";
            script += "\n";
        }
        Do(script);
    }
    void Change() {
        const auto some = [&] { return std::to_string(2 + random_() % (next_ - 2)); };
        Do("g.V(" + some() + ").property('i', 33)");
        Do("g.V(" + some() + ").properties('i', 's').drop()");
        Do("g.V(" + some() + ").drop()");
        Do("g.V(" + some() + ").property('s', 'changed')");
        Do("g.V(" + some() + ").property('d', -7.5d).property('t', 'text1')");
        Do("g.V(" + some() + ").property('rare', 12)");
        const unsigned late = next_++;
        Do("g.addV('late" + std::to_string(late % 3) + "').property(id, " + std::to_string(late) +
           ").property('i', 6).property('rare', 3)");
        // Labels are openCypher's to change.
        const std::string id = some();
        DoInCypher("MATCH (n) WHERE id(n) = " + id + " SET n:p");
        DoInCypher("MATCH (n:p) WHERE n.t = 'text7' REMOVE n:p SET n:other");
        DoInCypher("MATCH (n:other) WHERE n.i = 6 REMOVE n:other");
    }
    void Compare() {
        for (const char* script : {
                 "g.V().hasLabel('p').has('i', gt(3)).id()",
                 "g.V().hasLabel('p').has('i', lte(2.5)).id()",
                 "g.V().hasLabel('p').has('i', neq(4)).count()",
                 "g.V().hasLabel('p').has('i', within(1, 2, 29)).count()",
                 "g.V().hasLabel('p').has('i', without(1, 2)).count()",
                 "g.V().hasLabel('p').has('i', between(-3, 12)).has('s', 'few1').values('t')",
                 "g.V().hasLabel('p').has('i', outside(-3, 12)).count()",
                 "g.V().hasLabel('p').has('i', 'text').count()",
                 "g.V().hasLabel('p').has('i').count()",
                 "g.V().hasLabel('p').has('d', gte(2)).values('i')",
                 "g.V().hasLabel('p').has('d', eq(0.5d)).count()",
                 "g.V().hasLabel('p').has('s', gt('few1')).count()",
                 "g.V().hasLabel('p').has('s', lt('few')).count()",
                 "g.V().hasLabel('p').has('s', startingWith('few')).count()",
                 "g.V().hasLabel('p').has('t', containing('7')).values('t')",
                 "g.V().hasLabel('p').has('b', true).count()",
                 "g.V().hasLabel('p').has('w', gt(datetime('2020-01-12'))).count()",
                 "g.V().hasLabel('p').has('m', 2).id()",
                 "g.V().hasLabel('p').has('none', 2).count()",
                 "g.V().hasLabel('p').has('i', gt(3)).has('none').count()",
                 "g.V().hasLabel('p').has('i', gt(100)).count()",
                 "g.V().hasLabel('p').has('i', lt(3)).values('m').fold().count(local)",
                 "g.V().hasLabel('p').values('i').sum()",
                 "g.V().hasLabel('p').values('d').sum()",
                 "g.V().hasLabel('p').values('m').count()",
                 "g.V().hasLabel('p').has('b', true).values('i').mean()",
                 "g.V().hasLabel('p').values('d').has('none').count()",
                 "g.V().hasLabel('p').values('i').min()",
                 "g.V().hasLabel('p').values('m').max()",
                 "g.V().hasLabel('p').values('s').max()",
                 "g.V().hasLabel('p').values('t').min()",
                 "g.V().hasLabel('p').values('s').sum()",
                 "g.V().hasLabel('other').values('i').sum()",
                 "g.V().hasLabel('nobody').values('i').sum()",
                 "g.V().hasLabel('p').order().by('i', desc).by('id').limit(5).values('i')",
                 "g.V().hasLabel('p').order().by('i').limit(7).id()",
                 "g.V().hasLabel('p').order().by('i', desc).limit(7).id()",
                 "g.V().hasLabel('p').order().by('d').range(2, 9).values('d')",
                 "g.V().hasLabel('p').order().by('s').limit(3).values('s')",
                 "g.V().hasLabel('p').order().by('t', desc).limit(4).values('t')",
                 "g.V().hasLabel('p').has('i', lt(0)).order().by('w').limit(4).id()",
                 "g.V().hasLabel('p').order().by('i').limit(0).id()",
                 "g.V().hasLabel('p').order().by('i').limit(3).order().by('d').values('d')",
                 "g.V().has('i', gt(3)).id()",
                 "g.V().has('i', lte(2.5)).count()",
                 "g.V().has('i', between(-3, 12)).has('s', 'few1').values('t')",
                 "g.V().has('i', gt(3)).hasLabel('p', 'other').id()",
                 "g.V().has('i', gt(3)).not(__.hasLabel('p')).id()",
                 "g.V().has('i').id()",
                 "g.V().has('m', 2).id()",
                 "g.V().has('rare', gt(0)).id()",
                 "g.V().has('rare', gt(0)).has('i', lt(9)).values('i').sum()",
                 "g.V().has('t', containing('7')).values('t')",
                 "g.V().has('none', 2).count()",
                 "g.V().has('i', gt(3)).values('i').sum()",
                 "g.V().has('b', true).values('d').sum()",
                 "g.V().has('i', lt(9)).values('m').max()",
                 "g.V().has('i', gt(-3)).values('s').min()",
                 "g.V().has('d', gt(1)).order().by('i', desc).limit(7).values('i')",
                 "g.V().has('i', gt(1)).order().by('t').limit(5).values('t')",
             }) {
            CAPTURE(script);
            CHECK(rests_.AskAnyOrder(script) == never_.AskAnyOrder(script));
        }
        for (const char* script : {
                 "g.V().hasLabel('p').groupCount().by('s')",
                 "g.V().hasLabel('p').groupCount().by('i')",
                 "g.V().hasLabel('p').groupCount().by('m')",
                 "g.V().hasLabel('p').values('m').groupCount()",
                 "g.V().hasLabel('p').has('b', false).groupCount().by('t')",
                 "g.V().hasLabel('p').groupCount().by('none')",
                 "g.V().has('i', gt(2)).groupCount().by('s')",
                 "g.V().has('i', gt(2)).values('m').groupCount()",
             }) {
            CAPTURE(script);
            CHECK(Entries(rests_.Ask(script)) == Entries(never_.Ask(script)));
        }
        for (const char* query : {
                 "MATCH (n:p) WHERE n.i > 3 RETURN count(*)",
                 "MATCH (n:p) WHERE 3 >= n.i RETURN count(n), sum(n.i)",
                 "MATCH (n:p) WHERE n.i <> 4 AND n.s = 'few2' RETURN n.t",
                 "MATCH (n:p) WHERE n.i IS NULL RETURN id(n)",
                 "MATCH (n:p) WHERE n.i IS NOT NULL RETURN count(n.i)",
                 "MATCH (n:p) WHERE n.i < 0 OR n.i > 12 RETURN count(*)",
                 "MATCH (n:p) WHERE NOT n.i < 0 RETURN count(*)",
                 "MATCH (n:p) WHERE n.t STARTS WITH 'text1' RETURN count(*)",
                 "MATCH (n:p) WHERE n.s ENDS WITH '3' RETURN count(*), min(n.d)",
                 "MATCH (n:p {s: 'few1'}) RETURN count(*)",
                 "MATCH (n:p {s: 'few1', i: 5}) RETURN id(n)",
                 "MATCH (n:p) WHERE n.w > datetime('2020-01-12') RETURN count(*)",
                 "MATCH (n:p) WHERE n.w = datetime('2020-01-12') RETURN count(*)",
                 "MATCH (n:p) WHERE n.d > 1 RETURN n.d, n.s",
                 "MATCH (n:p) RETURN count(n)",
                 "MATCH (n) RETURN count(n)",
                 "MATCH (n:p) WHERE n.m = 2 RETURN id(n)",
                 "MATCH (n:p) RETURN avg(n.i), min(n.i), max(n.d), count(n.t), count(*)",
                 "MATCH (n:p) RETURN n.s, count(*), sum(n.i), avg(n.i)",
                 "MATCH (n:p) RETURN n.i, count(n), max(n.t)",
                 "MATCH (n:p) WHERE n.b RETURN n.s AS s, count(n.i) AS c ORDER BY c DESC, s LIMIT "
                 "2",
                 "MATCH (n:p) RETURN n.b, n.s, count(*)",
                 "MATCH (n:p) RETURN n.i, n.s, n.b, sum(n.d), max(n.t), count(n.i)",
                 "MATCH (n:p) WHERE n.i > 2 RETURN n.m, n.rare, min(n.w), avg(n.i)",
                 "MATCH (n:p) RETURN n.s, n.none, n.t, count(*)",
                 "MATCH (n) WHERE n.i > -4 RETURN n.s, n.i, count(n), sum(n.i)",
                 "MATCH (n:p) RETURN min(n.s), max(n.t), min(n.w)",
                 "MATCH (n:p) RETURN count(DISTINCT n.i), sum(DISTINCT n.d), count(DISTINCT n.t)",
                 "MATCH (n:p) RETURN n.s, count(DISTINCT n.i), count(n.i), avg(DISTINCT n.i)",
                 "MATCH (n) WHERE n.i > -5 RETURN count(DISTINCT n.i), count(DISTINCT n)",
                 "MATCH (n:p) RETURN sum(n.s)",
                 "MATCH (n:nobody) RETURN sum(n.i), count(n)",
                 "MATCH (n:p) RETURN n.i AS i, id(n) AS id ORDER BY i DESC, id LIMIT 6",
                 "MATCH (n:p) RETURN n.i AS i, id(n) AS id ORDER BY i, id SKIP 2 LIMIT 6",
                 "MATCH (n:p) WHERE n.i > 2 RETURN n.d AS d, id(n) AS id ORDER BY d, id LIMIT 4",
                 "MATCH (n:p) RETURN n.s AS s, id(n) AS id ORDER BY s DESC, id LIMIT 3",
                 "MATCH (n:p) RETURN n.w AS w, id(n) AS id ORDER BY w, id LIMIT 3",
                 "MATCH (n:p) RETURN n.t AS t ORDER BY t LIMIT 3",
                 "MATCH (n:p) WHERE n.i > 20 WITH DISTINCT n.i AS i MATCH (m:p) WHERE m.i = i "
                 "RETURN count(*)",
                 "UNWIND [1, 2] AS x MATCH (n:p) WHERE n.i > 20 RETURN x, count(*)",
                 "MATCH (n:p), (m:other) WHERE n.i > 25 AND m.i < 0 RETURN count(*)",
                 "MATCH (n) WHERE n.i > 3 RETURN count(*)",
                 "MATCH (n) WHERE n.i > 3 RETURN id(n)",
                 "MATCH (n) WHERE n.i IS NULL RETURN id(n)",
                 "MATCH (n) WHERE n.i IS NULL AND n.b RETURN count(n)",
                 "MATCH (n) WHERE n.rare > 0 RETURN id(n), n.i",
                 "MATCH (n) WHERE n.i < 0 OR n.i > 12 RETURN id(n)",
                 "MATCH (n) WHERE n.w > datetime('2020-01-12') RETURN count(*)",
                 "MATCH (n) WHERE n.i > 2 RETURN n.s, count(*), sum(n.i)",
                 "MATCH (n) WHERE n.i > 2 RETURN avg(n.i), min(n.t), max(n.d)",
                 "MATCH (n) WHERE n.d > 1 RETURN n.d AS d ORDER BY d LIMIT 4",
                 "MATCH (n) WHERE n.i > 20 WITH DISTINCT n.i AS i MATCH (m) WHERE m.i = i RETURN "
                 "count(*)",
                 "MATCH (n:p:other) WHERE n.i > 0 RETURN id(n)",
                 "MATCH (n) WHERE n.i > 25 AND n:other RETURN id(n)",
             }) {
            CAPTURE(query);
            CHECK(SortedWords(cypher::Ask(rests_, query)) ==
                  SortedWords(cypher::Ask(never_, query)));
        }
    }

  private:
    std::mt19937 random_;
    unsigned next_ = 2;
};

}  // namespace

TEST_CASE("What columns say is what rows say, also of what has changed over them") {
    for (const uint32_t seed : {1U, 2U}) {
        CAPTURE(seed);
        Pair pair(seed);
        CompareThroughout(pair, 300, 4);
    }
}

TEST_CASE("What columns say is what rows say, of more vertices than a block") {
    Pair pair(3);
    for (int i = 0; i < 5; ++i) pair.Add(1000);
    REQUIRE(pair.Rests().Store().Rest());
    pair.Compare();
    for (int i = 0; i < 4; ++i) pair.Change();
    pair.Compare();
}

TEST_CASE("Blocks that several threads read come to what one would say") {
    // So many that threads share them.
    TestGraph graph(GraphMode::kTinkerGraph, false);
    REQUIRE(cypher::Ask(graph,
                        "UNWIND range(0, 299999) AS i "
                        "CREATE (:p {i: i, d: i * 0.25, odd: i % 2})") == "");
    REQUIRE(graph.Store().Rest());
    const auto compare = [&](const std::string& sum, const std::string& quarter, int count) {
        const std::string all = std::to_string(count);
        CHECK(graph.Ask("g.V().hasLabel('p').values('i').sum()") == sum);
        CHECK(graph.Ask("g.V().hasLabel('p').values('d').sum()") == quarter);
        CHECK(graph.Ask("g.V().hasLabel('p').has('odd').count()") == all);
        CHECK(graph.Ask("g.V().hasLabel('p').has('i', between(1000, 201000)).count()") == "200000");
        CHECK(cypher::Ask(graph, "MATCH (n:p) RETURN sum(n.i), sum(n.d), count(n.odd), count(*)") ==
              sum + "," + quarter + "," + all + "," + all);
        CHECK(cypher::Ask(graph,
                          "MATCH (n:p) WHERE n.i >= 1000 AND n.i < 201000 AND n.odd = 1 "
                          "RETURN min(n.i), max(n.i), avg(n.d), count(n)") ==
              "1001,200999,25250.0,100000");
    };
    compare("44999850000", "1.12499625E10", 300'000);
    REQUIRE(cypher::Ask(graph, "MATCH (n:p {i: 7}) SET n.i = 8") == "");
    REQUIRE(cypher::Ask(graph, "MATCH (n:p {i: 250000}) DELETE n") == "");
    compare("44999600001", "1.12499E10", 299'999);
}

TEST_CASE("A query over its time ends while it tests long texts") {
    TestGraph graph(GraphMode::kTinkerGraph, false);
    std::mt19937 random(9);
    for (int i = 0; i < 100; ++i) {
        std::string text;
        while (text.size() < 3000) text += random() % 2 == 0 ? 'x' : 'y';
        REQUIRE(graph.Run("g.addV('p').property('t', '" + text + "').property('i', 1)") == "");
    }
    REQUIRE(graph.Store().Rest());
    graph.options.timeout = core::milliseconds(20);  // of seconds that it would take
    const std::string slow =
        "g.V().hasLabel('p').has('t', TextP.regex('x[xy]{300}[xy]{300}y[xy]{5}z'))";
    for (const char* rest : {".count()", ".values('i').sum()", ".values('i')"}) {
        CHECK(graph.Run(slow + rest) == "A timeout occurred within the script during evaluation.");
    }
}
