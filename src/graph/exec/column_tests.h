#pragma once

#include <optional>
#include <vector>

#include "graph/exec/context.h"
#include "graph/plan/expression.h"
#include "graph/storage/property_index.h"
#include "graph/storage/word_set.h"

namespace gyre::graph::exec {

/// What a has() asks as a test of a column; nullopt where it asks for something else.
[[nodiscard]] std::optional<ColumnTest> ToColumnTest(Context& context, const plan::Test& test);
/// What a condition asks that reads nothing but one property of the node in that slot, and cannot
/// fail; nullopt for another. The plan and the context live longer.
[[nodiscard]] std::optional<ColumnTest> ToColumnTest(Context& context,
                                                     const plan::Expression& condition,
                                                     size_t slot);
/// The values under a key among which are all that pass a test.
struct IndexTest {
    NameId key = 0;
    ValueRange values;
};
/// Likewise where an index would have what passes; nullopt where its values are in no range.
[[nodiscard]] std::optional<IndexTest> ToIndexTest(Context& context, const plan::Test& test);
[[nodiscard]] std::optional<IndexTest> ToIndexTest(Context& context,
                                                   const plan::Expression& condition, size_t slot);
/// One more of which all are to hold.
void AddIndexTest(std::optional<IndexTest> test, std::vector<IndexTest>& tests);

/// That a property is equal to a value, as openCypher has it.
[[nodiscard]] ColumnTest EqualityTest(NameId key, Value value);

/// The key, where the expression is a property of what stands in a slot; else null.
[[nodiscard]] const std::string* PropertyOfSlot(const plan::Expression& expression, size_t& slot);

/// Whether a column tells sooner than an index which vertices of a label have a value: of so few
/// texts many have each. Such a key needs no index.
[[nodiscard]] bool HasFewTexts(const Transaction& graph, const std::string& label, NameId key);

/// The block of which a batch has every vertex, and each a word; null for another.
[[nodiscard]] inline const ColumnBlock* WholeBlock(const ValueColumn* column,
                                                   const ElementBatch& batch) {
    if (column == nullptr || column->type == ColumnType::kText || batch.any_by_row) return nullptr;
    const ColumnBlock& block = column->blocks[batch.block];
    const bool whole = block.there == nullptr && block.in_row == nullptr;
    return whole && batch.places.size() == block.count ? &block : nullptr;
}

/// Goes through a batch's values under a key: `use_word(i, word)` where the column has one for the
/// i-th vertex, `use_row(i)` where another look is needed. What has no value is passed.
template <typename UseWord, typename UseRow>
void ForWords(const ValueColumn* column, const ElementBatch& batch, const UseWord& use_word,
              const UseRow& use_row) {
    const size_t count = batch.places.size();
    if (column == nullptr || column->type == ColumnType::kText) {
        for (size_t i = 0; i < count; ++i) use_row(i);
        return;
    }
    const ColumnBlock& block = column->blocks[batch.block];
    if (WholeBlock(column, batch) != nullptr) {
        for (size_t i = 0; i < count; ++i) use_word(i, block.Word(i));
        return;
    }
    if (!batch.any_by_row && block.there == nullptr && block.in_row == nullptr) {
        for (size_t i = 0; i < count; ++i) use_word(i, block.Word(batch.places[i]));
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        const uint16_t place = batch.places[i];
        if (place == ElementBatch::kByRow || block.InRow(place))
            use_row(i);
        else if (block.There(place))
            use_word(i, block.Word(place));
    }
}

}  // namespace gyre::graph::exec
