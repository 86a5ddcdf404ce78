#include "graph/exec/group_columns.h"

#include <algorithm>

#include "graph/exec/column_tests.h"

namespace gyre::graph::exec {

bool CountsAll(const plan::AggregateCall& call) {
    return call.name == "count" &&
           (!call.argument || call.argument->kind == plan::Expression::Kind::kSlot);
}

std::optional<GroupColumns> ColumnsOfGroups(const plan::RowStep& row, const Transaction& graph) {
    GroupColumns by;
    bool any = false;
    std::vector<size_t> whole;  // slots that are counted
    const auto reads = [&](const plan::Expression& expression) {
        size_t slot = 0;
        const std::string* const key = PropertyOfSlot(expression, slot);
        const auto name = key != nullptr ? graph.FindName(*key) : std::nullopt;
        if (!name || (any && slot != by.slot)) return false;
        any = true;
        by.slot = slot;
        by.read.push_back(*name);
        return true;
    };
    for (const plan::RowItem& item : row.items) {
        if (item.aggregates) continue;
        if (!reads(*item.expression)) return std::nullopt;
        ++by.keys;
    }
    for (const auto& call : row.aggregates) {
        const bool known = call.name == "count" || call.name == "sum" || call.name == "avg" ||
                           call.name == "min" || call.name == "max";
        if (!known || call.distinct || call.share) return std::nullopt;
        if (CountsAll(call)) {
            by.read.push_back(0);
            if (call.argument) whole.push_back(call.argument->slot);
        } else if (!reads(*call.argument)) {
            return std::nullopt;
        }
    }
    const bool same = std::ranges::all_of(whole, [&](size_t slot) { return slot == by.slot; });
    return any && same ? std::optional(std::move(by)) : std::nullopt;
}

void WordGroups::Number(const VertexBatch& batch, std::vector<uint32_t>& numbers) {
    numbers.assign(batch.vertices.size(), 0);
    for (size_t key = 0; key < columns_.size(); ++key) {
        std::vector<uint32_t>& into = key == 0 ? numbers : of_key_;
        into.assign(numbers.size(), 0);
        ForWords(
            columns_[key], batch,
            [&](size_t i, uint64_t word) { into[i] = 1 + NumberOf(words_[key], word); },
            [&](size_t i) { into[i] = kByRow; });
        if (key == 0) continue;
        for (size_t i = 0; i < numbers.size(); ++i) {
            const bool by_row = numbers[i] == kByRow || into[i] == kByRow;
            const uint64_t both = uint64_t{numbers[i]} << 32 | into[i];
            numbers[i] = by_row ? kByRow : NumberOf(joined_[key], both);
        }
    }
}

}  // namespace gyre::graph::exec
