// Lambdas in Groovy: whatever is written is refused with what was expected, or read, and then run
// on a traverser it ends with a value or an error.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/temp_dir.h"
#include "graph/exec/lambda.h"
#include "graph/gremlin/groovy.h"
#include "graph/storage/graph_store.h"

using namespace gyre::graph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const gyre::core::TempDir folder;
    static const auto store = GraphStore::Open(folder.Path(), GraphMode::kTinkerGraph);
    Lambda lambda{"gremlin-groovy", std::string(reinterpret_cast<const char*>(data), size)};
    auto code = gremlin::ReadLambda(lambda);
    if (!code) {
        if (code.error().message.find("lambda") == std::string::npos) std::abort();
        return 0;
    }
    code->of_traverser = true;
    const plan::Query query;
    const auto graph = (*store)->Read();
    exec::Context context(*graph, query, gyre::core::SystemClock(), {}, {});
    exec::Traverser traverser;
    traverser.value = Value("text");
    static_cast<void>(exec::RunLambda(context, *code, traverser));
    return 0;
}
