// A segment's lists of edges and of vertices, from any bytes.
#include <cstddef>
#include <cstdint>

#include "graph/storage/beside.h"
#include "graph/storage/segment.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    using gyre::graph::NameId;
    for (const std::optional<NameId> label : {std::optional<NameId>(), std::optional<NameId>(1)}) {
        for (const bool beside : {false, true}) {
            gyre::graph::RestingEdges edges(bytes, label, beside);
            gyre::graph::RestingEdges::Entry entry;
            gyre::graph::Value value;
            while (edges.Next(entry)) {
                static_cast<void>(gyre::graph::FindBeside(edges.BesideLast(), 1, value));
            }
        }
    }
    gyre::graph::DeltaList list(bytes);
    uint64_t number = 0;
    while (list.Next(number)) {
    }
    return 0;
}
