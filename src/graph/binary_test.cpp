// Values that are bytes: bound to a script, kept as properties and compared.
#include "graph/test_graph.h"

using namespace gyre::graph;

namespace {

/// The script's results, joined by blanks, with `bytes` and `more` bound.
std::string Ask(TestGraph& graph, const std::string& script) {
    Map bindings;
    bindings.Put(Value("bytes"), Value(Binary{std::string("\0\xff\x01", 3)}));
    bindings.Put(Value("more"), Value(Binary{std::string("\0\x01", 2)}));
    auto statements = gremlin::ParseScript(script, bindings);
    REQUIRE(statements);
    const auto prepared = gremlin::Prepare(std::move(*statements), script, graph.options);
    REQUIRE(prepared);
    std::string text;
    const auto status =
        gremlin::Run(graph.Store(), *prepared, gyre::core::SystemClock(), {}, graph.options,
                     [&](exec::Context&, const Value& value, int64_t bulk) {
                         for (int64_t i = 0; i < bulk; ++i) {
                             const auto* binary = value.If<Binary>();
                             text += text.empty() ? "" : " ";
                             text += binary != nullptr ? std::to_string(binary->bytes.size())
                                                       : DisplayText(value);
                         }
                         return gyre::core::Status();
                     });
    return status ? text : "error: " + status.error().message;
}

}  // namespace

TEST_CASE("Bytes are kept as properties of TinkerGraph's graphs") {
    TestGraph graph;
    CHECK(Ask(graph,
              "g.addV('b').property('of', bytes).property(list, 'of', more)"
              ".property('k', 1, 'meta', bytes)") != "");
    CHECK(Ask(graph, "g.V(1).outE('knows').property('raw', bytes).count()") == "2");
    graph.Reopen();
    CHECK(Ask(graph, "g.V().hasLabel('b').values('of')") == "3 2");
    CHECK(Ask(graph, "g.V().has('of', bytes).count()") == "1");
    CHECK(Ask(graph, "g.V().hasLabel('b').properties('k').values('meta')") == "3");
    CHECK(Ask(graph, "g.E().has('raw', bytes).count()") == "2");
    CHECK(Ask(graph, "g.E().has('raw', more).count()") == "0");
    // In order as Java has it: 0xff is -1.
    CHECK(Ask(graph, "g.inject(more, bytes, more).order()") == "3 2 2");
    CHECK(Ask(graph, "g.inject(more, bytes).is(gt(bytes))") == "2");
    CHECK(Ask(graph, "g.inject(more, bytes, more).dedup().count()") == "2");
    CHECK(Ask(graph, "g.inject(bytes, 'x').is(P.typeOf(GType.BINARY))") == "3");
    CHECK(Ask(graph, "g.inject(bytes).asString()") == "java.nio.HeapByteBuffer[pos=0 lim=3 cap=3]");
}

TEST_CASE("Neptune's graphs keep no bytes, and hand them through") {
    TestGraph graph(GraphMode::kNeptune, false);
    CHECK(Ask(graph, "g.addV('b').property('of', bytes)").find("which is not supported") !=
          std::string::npos);
    CHECK(Ask(graph, "g.inject(bytes)") == "3");
}
