#include "graph/rdf/bulk_quads.h"

#include <algorithm>
#include <random>
#include <set>

#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;
using rdf::Quad;
using rdf::Term;

namespace {

/// All quads of a store as lines, and that its four orders and its counts agree.
std::set<std::string> Lines(GraphStore& store) {
    const auto graph = store.Read();
    rdf::Quads quads(*graph);
    std::set<std::string> lines;
    rdf::QuadScan all = quads.Scan({});
    Quad quad;
    uint64_t count = 0;
    while (all.Next(quad)) {
        ++count;
        std::string line;
        for (const auto part : {quad.subject, quad.predicate, quad.object, quad.graph}) {
            rdf::AppendNTriples(line, quads.Read(part));
            line += ' ';
            if (!rdf::IsBlank(part)) CHECK(quads.Find(quads.Read(part)) == part);
        }
        lines.insert(line);
        for (const Quad& wanted : {Quad{.predicate = quad.predicate, .object = quad.object},
                                   Quad{.object = quad.object}, Quad{.graph = quad.graph}}) {
            rdf::QuadScan scan = quads.Scan(wanted);
            Quad found;
            bool met = false;
            while (scan.Next(found)) met = met || found == quad;
            CHECK(met);
        }
    }
    CHECK(quads.Count() == count);
    uint64_t by_predicate = 0, by_graph = 0;
    for (const auto& [predicate, number] : quads.Predicates()) by_predicate += number;
    for (const auto one : quads.Graphs()) by_graph += quads.CountGraph(one);
    CHECK(by_predicate == count);
    CHECK(by_graph == count);
    CHECK(graph->Health());
    return lines;
}

Term AnyTerm(std::mt19937& random) {
    const auto number = std::to_string(random() % 20);
    switch (random() % 4) {
        case 0:
            return rdf::Literal(number, rdf::kXsdInteger);
        case 1:
            return rdf::Literal("text " + number);
        default:
            return rdf::Iri("http://e/" + number);
    }
}

template <typename Store>
void AddSome(Store& store, std::mt19937 random, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        const auto iri = [&](const char* kind, uint32_t of) {
            return store.Intern(rdf::Iri(kind + std::to_string(random() % of)));
        };
        const auto subject = iri("http://e/s", 30), predicate = iri("http://e/p", 3);
        const auto object = store.Intern(AnyTerm(random));
        store.Add({subject, predicate, object, iri("http://e/g", 2)});
    }
}

}  // namespace

TEST_CASE("Quads that are written as tables are those that go through the log") {
    TestGraph bulk(GraphMode::kNeptune, false), logged(GraphMode::kNeptune, false);
    for (uint32_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        uint64_t duplicates = 0;
        {
            rdf::BulkQuads quads(bulk.Store());
            REQUIRE(quads.Begun());
            AddSome(quads, std::mt19937(seed), 300);
            REQUIRE(quads.Flush({.duplicate = [&](uint64_t) { ++duplicates; }, .note = {}}));
            AddSome(quads, std::mt19937(seed + 100), 100);
            REQUIRE(quads.Finish({.duplicate = [&](uint64_t) { ++duplicates; }, .note = {}}));
        }
        {
            const auto graph = logged.Store().Write();
            rdf::Quads quads(*graph);
            AddSome(quads, std::mt19937(seed), 300);
            AddSome(quads, std::mt19937(seed + 100), 100);
            quads.Flush();
            REQUIRE(graph->Commit());
        }
        const auto lines = Lines(bulk.Store());
        CHECK(lines == Lines(logged.Store()));
        CHECK(duplicates >= 1);
        bulk.Reopen();
        CHECK(Lines(bulk.Store()) == lines);
    }
}

TEST_CASE("A reader's snapshot does not see tables that come, and a clear hides them") {
    TestGraph graph(GraphMode::kNeptune, false);
    auto before = graph.Store().Read();
    {
        rdf::BulkQuads quads(graph.Store());
        AddSome(quads, std::mt19937(1), 50);
        const auto blank = quads.NewBlank();
        quads.Add({blank, quads.Intern(rdf::Iri("http://e/p")), blank,
                   quads.Intern(rdf::Iri("http://e/g"))});
        REQUIRE(quads.Finish({}));
    }
    CHECK(rdf::Quads(*before).Count() == 0);
    before.reset();
    CHECK(Lines(graph.Store()).size() > 10);
    REQUIRE(graph.Store().Clear(core::SteadyTime::max()));
    CHECK(Lines(graph.Store()).empty());
    {
        rdf::BulkQuads quads(graph.Store());
        AddSome(quads, std::mt19937(2), 20);
        REQUIRE(quads.Finish({}));
    }
    const auto lines = Lines(graph.Store());
    CHECK(lines.size() > 5);
    graph.Reopen();
    CHECK(Lines(graph.Store()) == lines);
}
