// Transaction: reads by column.
#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {

const ValueColumn* Transaction::ColumnOf(NameId label, NameId key) const {
    if (!resting_ || writes_) return nullptr;
    const LabelColumns* const columns = Resting()->ColumnsOf(label);
    return columns != nullptr ? columns->Find(key) : nullptr;
}

std::unique_ptr<ColumnScan> Transaction::ScanColumns(NameId label, std::vector<ColumnTest> tests,
                                                     ColumnScan::ByRow by_row) {
    if (!resting_ || writes_) return nullptr;
    const LabelColumns* const columns = Resting()->ColumnsOf(label);
    if (columns == nullptr) return nullptr;
    const std::string prefix = keys::One(keys::kVertexLabel, label);
    return std::make_unique<ColumnScan>(*resting_, *columns, kv_->Scan(prefix), prefix.size(),
                                        std::move(tests), std::move(by_row));
}

Transaction::Near Transaction::NearValue(NameId key, Value& value) {
    const ValueColumn* const column = near_.columns->Find(key);
    if (column == nullptr) return Near::kUnknown;
    const ColumnBlock& block = column->blocks[near_.block];
    if (block.InRow(near_.place)) return Near::kUnknown;
    if (!block.There(near_.place)) return Near::kAbsent;
    if (ColumnValue(*column, near_.vertex, block.Word(near_.place), value)) return Near::kFound;
    damaged_ = true;
    return Near::kAbsent;
}

}  // namespace gyre::graph
