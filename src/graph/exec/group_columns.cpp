#include "graph/exec/group_columns.h"

#include <algorithm>
#include <utility>

#include "graph/exec/column_tests.h"

namespace gyre::graph::exec {
namespace {

using plan::Expression;

/// Whether nothing tells the value but what stands in one slot, that one where it is known.
bool OfOneSlot(const Expression& expression, std::optional<size_t>& slot) {
    if (expression.kind == Expression::Kind::kSlot) {
        const bool same = !slot || *slot == expression.slot;
        slot = expression.slot;
        return same;
    }
    const bool told = expression.kind == Expression::Kind::kProperty ||
                      expression.kind == Expression::Kind::kHasLabels ||
                      expression.kind == Expression::Kind::kLiteral ||
                      plan::SlotOfId(expression) != nullptr;
    return told && std::ranges::all_of(expression.children,
                                       [&](const auto& child) { return OfOneSlot(*child, slot); });
}

/// Words that are all less than that apart are numbered by place, and not by a hash.
constexpr uint64_t kNear = 4096;

}  // namespace

bool CountsAll(const plan::AggregateCall& call) {
    return call.name == "count" && !call.distinct &&
           (!call.argument || call.argument->kind == plan::Expression::Kind::kSlot);
}

std::optional<KeysOfVertex> KeysOfOneVertex(const plan::RowStep& row) {
    std::optional<size_t> slot;
    bool distinct = false;
    for (const plan::RowItem& item : row.items) {
        if (item.aggregates) continue;
        if (!OfOneSlot(*item.expression, slot)) return std::nullopt;
        const Expression* const element = plan::SlotOfId(*item.expression);
        // An edge may have a vertex's id.
        distinct = distinct || item.expression->kind == Expression::Kind::kSlot ||
                   (element != nullptr && element->type == plan::Type::kNode);
    }
    return slot ? std::optional(KeysOfVertex{*slot, distinct}) : std::nullopt;
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
        if (!known || call.share) return std::nullopt;
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

WordGroups::WordGroups(const std::vector<const ValueColumn*>& columns)
    : words_(columns.size()), joined_(columns.size()) {
    for (size_t key = 0; key < columns.size(); ++key) {
        Words& words = words_[key];
        words.column = columns[key];
        if (words.column == nullptr) continue;
        uint64_t least = UINT64_MAX, most = 0;
        for (const ColumnBlock& block : words.column->blocks) {
            least = std::min(least, block.least);
            most = std::max(most, block.most);
        }
        if (least > most || most - least >= kNear) continue;
        words.least = least;
        words.near.assign(kNear, VertexTable::kNone);
    }
}

bool WordGroups::Number(const ElementBatch& batch, std::vector<uint32_t>& numbers) {
    numbers.assign(batch.places.size(), 0);
    bool known = std::exchange(any_before_, true);
    for (size_t key = 0; key < words_.size(); ++key) {
        Words& words = words_[key];
        std::vector<uint32_t>& into = key == 0 ? numbers : of_key_;
        if (key > 0) into.assign(numbers.size(), 0);
        const uint32_t before = words.count;
        size_t told = 0;
        ForWords(
            words.column, batch,
            [&](size_t i, uint64_t word) {
                into[i] = words.NumberOf(word);
                ++told;
            },
            [&](size_t i) { into[i] = kByRow; });
        known = known && told == into.size() && words.count == before;
        if (key == 0) continue;
        const size_t joined = joined_[key].Size();
        for (size_t i = 0; i < numbers.size(); ++i) {
            const bool by_row = numbers[i] == kByRow || into[i] == kByRow;
            const uint64_t both = uint64_t{numbers[i]} << 32 | into[i];
            if (by_row) {
                numbers[i] = kByRow;
                continue;
            }
            uint32_t& number = joined_[key].At(both);
            if (number == kByRow) number = static_cast<uint32_t>(joined_[key].Size() - 1);
            numbers[i] = number;
        }
        known = known && joined_[key].Size() == joined;
    }
    return known;
}

}  // namespace gyre::graph::exec
