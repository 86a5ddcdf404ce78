// Files of whole graphs as io() reads them: GraphML, GraphSON and Gryo are read into a graph, or
// refused; what was read can be written, and read again into as many elements.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "core/temp_dir.h"
#include "graph/file/graph_file.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// An empty graph, made anew now and then: names that were met stay in it.
GraphStore& EmptyGraph() {
    static std::unique_ptr<core::TempDir> folder;
    // Never destroyed: at the program's end RocksDB's own statics may have gone before it.
    static auto& store = *new std::unique_ptr<GraphStore>;
    static int used = 0;
    if (used++ % 2000 == 0) {
        store.reset();
        folder = std::make_unique<core::TempDir>();
        auto opened = GraphStore::Open(folder->Path(), GraphMode::kTinkerGraph);
        if (!opened) std::abort();
        store = std::move(*opened);
    }
    return *store;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    for (const auto format :
         {file::Format::kGraphMl, file::Format::kGraphSon, file::Format::kGryo}) {
        uint64_t vertices = 0, edges = 0;
        std::string written;
        {
            const auto graph = EmptyGraph().Write();
            if (!file::Read(format, *graph, bytes)) continue;
            vertices = graph->CountVertices(std::nullopt);
            edges = graph->CountEdges(std::nullopt);
            const plan::Query query;
            exec::Context context(*graph, query, core::SystemClock(), {}, {});
            if (!file::Write(file::Format::kGraphSon, context, [&](std::string_view piece) {
                    written += piece;
                    return core::Status();
                })) {
                continue;
            }
        }
        const auto again = EmptyGraph().Write();
        if (!file::Read(file::Format::kGraphSon, *again, written)) std::abort();
        if (again->CountVertices(std::nullopt) != vertices ||
            again->CountEdges(std::nullopt) != edges) {
            std::abort();
        }
    }
    return 0;
}
