#include "graph/storage/property_index.h"

#include <cmath>

#include "graph/number.h"
#include "graph/storage/codec.h"
#include "graph/storage/keys.h"

namespace gyre::graph {
namespace {

constexpr size_t kMaxValue = 256;  // bytes of a value that is indexed

/// Equal numbers as one: whole ones as Longs, others as Doubles.
std::optional<Value> Canonical(const Value& value) {
    if (value.Is<BigInteger>() || value.Is<BigDecimal>()) return std::nullopt;
    if (!value.IsNumber()) {
        if (value.Index() > Value(Date{}).Index()) return std::nullopt;
        return value;
    }
    if (IsWhole(value)) return Value(ToInt64(value));
    const double number = ToDouble(value);
    if (std::isnan(number)) return std::nullopt;
    if (std::fabs(number) < 9e15 && std::floor(number) == number) {
        return Value(static_cast<int64_t>(number));
    }
    return Value(number);
}

}  // namespace

std::optional<std::string> IndexPrefix(NameId key, const Value& value) {
    const auto canonical = Canonical(value);
    if (!canonical) return std::nullopt;
    std::string prefix = keys::One(keys::kProperty, key);
    const size_t before = prefix.size();
    AppendValue(prefix, *canonical);
    if (prefix.size() - before > kMaxValue) return std::nullopt;
    return prefix;
}

core::Status PropertyIndex::Load(KvTransaction& store) {
    auto state = state_.Lock();
    const auto cursor = store.Scan(std::string_view(&keys::kIndex, 1));
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(1);
        uint64_t name = 0;
        if (!ReadOrdered(key, name)) {
            return core::Fail(core::Code::kDataLoss, "the graph's table of indexes is unreadable");
        }
        state->kept.insert(static_cast<NameId>(name));
        if (cursor->Value() == keys::kIndexReady) state->ready.insert(static_cast<NameId>(name));
    }
    return store.Health();
}

bool PropertyIndex::Kept(NameId key) const {
    return state_.Lock()->kept.contains(key);
}

bool PropertyIndex::Keep(NameId key) {
    return state_.Lock()->kept.insert(key).second;
}

std::set<NameId> PropertyIndex::Unready() const {
    auto state = state_.Lock();
    std::set<NameId> unready;
    for (const NameId key : state->kept) {
        if (!state->ready.contains(key)) unready.insert(key);
    }
    return unready;
}

void PropertyIndex::SetReady(NameId key) {
    state_.Lock()->ready.insert(key);
}

}  // namespace gyre::graph
