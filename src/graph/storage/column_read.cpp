// Transaction: reads by column.
#include <algorithm>

#include "graph/storage/graph_store.h"
#include "graph/storage/keys.h"

namespace gyre::graph {

const ValueColumn* Transaction::ColumnOf(NameId label, NameId key) const {
    if (!resting_ || writes_) return nullptr;
    const LabelColumns* const columns = Resting()->ColumnsOf(label);
    return columns != nullptr ? columns->Find(key) : nullptr;
}

std::unique_ptr<ColumnScan> Transaction::ScanColumns(std::optional<NameId> label,
                                                     std::vector<ColumnTest> tests,
                                                     ColumnScan::ByRow by_row) {
    if (!resting_ || writes_) return nullptr;
    ScannedLabels scanned;
    if (label) {
        scanned.labels = {*label};
        if (Resting()->ColumnsOf(*label) == nullptr) return nullptr;
    } else {
        scanned.labels = LabelsOfVertices();
        for (const LabelList& list : Resting()->Labels()) {
            const LabelColumns* const columns = Resting()->ColumnsOf(list.label);
            if (columns == nullptr || !columns->others) return nullptr;  // of a format before
        }
        scanned.least_of = [this](uint64_t vertex) { return LeastLabel(vertex); };
    }
    scanned.changes = [this](NameId one) {
        const std::string prefix = keys::One(keys::kVertexLabel, one);
        return ScannedLabels::Changes{kv_->Scan(prefix), prefix.size()};
    };
    return std::make_unique<ColumnScan>(*resting_, std::move(scanned), std::move(tests),
                                        std::move(by_row));
}

Value ColumnScan::Element(Transaction& graph, const ElementBatch& batch, size_t i) {
    graph.BringToHand(*this, batch, i);
    return Value(VertexRef{batch.vertices[i]});
}

std::vector<NameId> Transaction::LabelsOfVertices() {
    std::string prefix = keys::Count('v', 0);
    prefix.resize(2);
    std::vector<NameId> labels;
    const auto cursor = kv_->Scan(prefix);
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(prefix.size());
        uint64_t label = 0;
        if (!ReadOrdered(key, label)) damaged_ = true;
        if (label > 0) labels.push_back(static_cast<NameId>(label - 1));
    }
    return labels;
}

// As it is now: where it has none it is found under the default one.
NameId Transaction::LeastLabel(uint64_t vertex) {
    const auto row = Vertex(vertex);
    if (!row || row->labels.empty()) return default_label_.value_or(0);
    return std::ranges::min(row->labels);
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
