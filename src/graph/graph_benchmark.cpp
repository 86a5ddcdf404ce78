// The graph inside its process, on a social network in two CSV files (bench/suites/graph.py makes
// them): GYRE_GRAPH_NODES and GYRE_GRAPH_EDGES name them, GYRE_GRAPH_FOLDER is where it is loaded
// once.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <mutex>
#include <random>

#include "graph/csv_for_bench.h"
#include "graph/gremlin/compile.h"
#include "graph/gremlin/run.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// Loaded once, by whichever benchmark is first.
GraphStore& Store() {
    static std::unique_ptr<GraphStore> store = [] {
        const char* folder = std::getenv("GYRE_GRAPH_FOLDER");
        const char* nodes = std::getenv("GYRE_GRAPH_NODES");
        const char* edges = std::getenv("GYRE_GRAPH_EDGES");
        if (!folder || !nodes || !edges) {
            std::cerr << "GYRE_GRAPH_FOLDER, _NODES and _EDGES are needed\n";
            std::exit(2);
        }
        auto opened = GraphStore::Open(folder, GraphMode::kNeptune);
        if (!opened) std::abort();
        const auto began = std::chrono::steady_clock::now();
        BulkLoad graph(**opened, uint64_t{1} << 30);
        const uint64_t vertices = LoadCsv(graph, nodes);
        const uint64_t count = LoadCsv(graph, edges);
        if (!graph.Finish()) std::abort();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        const uint64_t bytes = BytesUnder(folder);
        std::cerr << "{\"load_s\": " << took.count() << ", \"vertices\": " << vertices
                  << ", \"edges\": " << count << ", \"bytes\": " << bytes << "}\n";
        return std::move(*opened);
    }();
    return *store;
}

/// Runs a script with the person's id bound to x; the number of results.
size_t Ask(const std::string& script, const std::string& id) {
    Map bindings;
    bindings.Put(Value("x"), Value(id));
    auto statements = gremlin::ParseScript(script, bindings);
    const auto prepared = gremlin::Prepare(std::move(*statements), script, {});
    size_t results = 0;
    const auto status = gremlin::Run(Store(), *prepared, core::SystemClock(), {}, {},
                                     [&](exec::Context&, const Value&, int64_t) {
                                         ++results;
                                         return core::Status();
                                     });
    if (!status) {
        std::cerr << status.error().message << "\n";
        std::abort();
    }
    return results;
}

void Query(benchmark::State& state, const std::string& script) {
    const auto people = static_cast<int64_t>(Store().Read()->CountVertices(std::nullopt));
    std::mt19937_64 random(5);
    for (auto _ : state) {
        const std::string id = "p" + std::to_string(random() % static_cast<uint64_t>(people));
        benchmark::DoNotOptimize(Ask(script, id));
    }
}

void Parse(benchmark::State& state) {
    const std::string script =
        "g.V('p1').out('knows').has('age', gt(30)).order().by('age', "
        "desc).limit(10).valueMap('name')";
    for (auto _ : state) benchmark::DoNotOptimize(gremlin::ParseScript(script, Map()));
}

void ParseAndPlan(benchmark::State& state) {
    const std::string script =
        "g.V('p1').out('knows').has('age', gt(30)).order().by('age', "
        "desc).limit(10).valueMap('name')";
    for (auto _ : state) {
        const auto statements = gremlin::ParseScript(script, Map());
        benchmark::DoNotOptimize(gremlin::Compile((*statements)[0].traversal));
    }
}

/// One vertex and one edge, durable; several writers share a sync.
void DurableWrite(benchmark::State& state) {
    static const bool made = Ask("g.addV('log').property(id, 'log')", "") == 1;
    benchmark::DoNotOptimize(made);
    for (auto _ : state) {
        benchmark::DoNotOptimize(Ask("g.addV('w').property('n', 1).addE('to').to(V('log'))", ""));
    }
    state.SetItemsProcessed(state.iterations());
}

}  // namespace

BENCHMARK(Parse);
BENCHMARK(ParseAndPlan);
BENCHMARK_CAPTURE(Query, point, std::string("g.V(x).values('name')"));
BENCHMARK_CAPTURE(Query, one_hop, std::string("g.V(x).out('knows').values('name')"));
BENCHMARK_CAPTURE(Query, one_hop_count, std::string("g.V(x).out('knows').count()"));
BENCHMARK_CAPTURE(Query, two_hop_count, std::string("g.V(x).out('knows').out('knows').count()"));
BENCHMARK_CAPTURE(Query, three_hop_count,
                  std::string("g.V(x).out('knows').out('knows').out('knows').count()"));
BENCHMARK_CAPTURE(Query, supernode_count, std::string("g.V('p0').in('knows').count()"));
BENCHMARK_CAPTURE(Query, all_two_hop_paths, std::string("g.V().out('knows').out('knows').count()"))
    ->Iterations(1);
BENCHMARK_CAPTURE(Query, by_property, std::string("g.V().has('name', 'n77').count()"));
BENCHMARK(DurableWrite)->Threads(1)->Threads(16)->UseRealTime();
