// A segment's lists of edges and of vertices, and its columns, from any bytes.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "graph/storage/beside.h"
#include "graph/storage/column.h"
#include "graph/storage/segment.h"

using namespace gyre::graph;

namespace {

void ReadLists(std::string_view bytes) {
    for (const std::optional<NameId> label : {std::optional<NameId>(), std::optional<NameId>(1)}) {
        for (const bool beside : {false, true}) {
            RestingEdges edges(bytes, label, beside);
            RestingEdges::Entry entry;
            Value value;
            while (edges.Next(entry)) {
                static_cast<void>(FindBeside(edges.BesideLast(), 1, value));
            }
        }
    }
    DeltaList list(bytes);
    uint64_t number = 0;
    while (list.Next(number)) {
    }
}

/// The sizes of a list of vertices and of heads in two bytes each and how many vertices there are,
/// then those and the columns' data.
void ReadAllColumns(std::string_view bytes) {
    std::array<size_t, 3> sizes{};
    if (bytes.size() < 2 * sizes.size()) return;
    for (size_t i = 0; i < sizes.size(); ++i) {
        sizes[i] =
            static_cast<uint8_t>(bytes[2 * i]) + 256U * static_cast<uint8_t>(bytes[2 * i + 1]);
    }
    bytes.remove_prefix(2 * sizes.size());
    const auto take = [&](size_t size) {
        const std::string_view taken = bytes.substr(0, size);
        bytes.remove_prefix(taken.size());
        return taken;
    };
    const std::string_view list = take(sizes[0]), heads = take(sizes[1]);
    const std::array<LabelList, 1> lists{{{1, sizes[2], list}}};
    std::vector<LabelColumns> columns;
    const auto others = sizes[2] % 2 == 0 ? OtherKeys::kTold : OtherKeys::kUntold;
    if (!ReadColumns(heads, bytes, lists, 1 << 20, others, columns)) return;
    Value value;
    for (const LabelColumns& label : columns) {
        for (const ValueColumn& column : label.columns) {
            for (size_t code = 0; code <= column.Texts(); ++code) {
                static_cast<void>(column.Text(code));
            }
            for (const ColumnBlock& block : column.blocks) {
                for (size_t i = 0; i < block.count; ++i) {
                    if (block.InRow(i) || !block.There(i)) continue;
                    static_cast<void>(column.ToValue(block.Word(i), list, value));
                }
            }
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    ReadLists(bytes);
    ReadAllColumns(bytes);
    return 0;
}
