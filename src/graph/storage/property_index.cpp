#include "graph/storage/property_index.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "graph/number.h"
#include "graph/storage/codec.h"
#include "graph/storage/keys.h"
#include "graph/temporal.h"

namespace gyre::graph {
namespace {

/// What a value's bytes begin with: values of unlike sorts are in no order.
enum class Sort : char { kTruth = 1, kNumber, kText, kInstant };

constexpr size_t kTextBytes = 256;  // bytes of a text that are looked at

void AppendWord(std::string& bytes, uint64_t word) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(word >> shift);
}

/// A zero byte as 0 1, and 0 0 at the end: so a text is before all that it begins.
void AppendTextBytes(std::string& bytes, std::string_view text) {
    for (const char c : text.substr(0, kTextBytes)) {
        bytes += c;
        if (c == 0) bytes += 1;
    }
    bytes.append(2, 0);
}

int64_t MillisecondsOf(const Temporal& at) {
    constexpr WideNanos kInMillisecond = 1'000'000;
    const WideNanos nanos = InstantOf(at);
    const WideNanos floor = nanos / kInMillisecond - (nanos % kInMillisecond < 0 ? 1 : 0);
    return static_cast<int64_t>(std::clamp<WideNanos>(floor, INT64_MIN, INT64_MAX));
}

}  // namespace

std::optional<std::string> IndexBytes(const Value& value) {
    std::string bytes;
    const auto begin = [&](Sort sort) { bytes += static_cast<char>(sort); };
    const auto* const temporal = value.If<Ptr<Temporal>>();
    if (const auto* truth = value.If<bool>()) {
        begin(Sort::kTruth);
        bytes += static_cast<char>(*truth ? 1 : 0);
    } else if (value.IsNumber()) {
        const double number = ToDouble(value);
        if (std::isnan(number)) return std::nullopt;
        begin(Sort::kNumber);
        AppendWord(bytes, WordOfDouble(number == 0 ? 0.0 : number));
    } else if (const auto* text = value.If<std::string>()) {
        begin(Sort::kText);
        AppendTextBytes(bytes, *text);
    } else if (value.Is<Char>() || value.Is<Uuid>()) {
        begin(Sort::kText);
        AppendTextBytes(bytes, DisplayText(value));
    } else if (const auto* date = value.If<Date>()) {
        begin(Sort::kInstant);
        AppendWord(bytes, WordOfWhole(date->milliseconds));
    } else if (temporal != nullptr && (*temporal)->kind == Temporal::Kind::kDateTime) {
        begin(Sort::kInstant);
        AppendWord(bytes, WordOfWhole(MillisecondsOf(**temporal)));
    } else {
        return std::nullopt;
    }
    return bytes;
}

bool PassIndexBytes(std::string_view& bytes) {
    if (bytes.empty()) return false;
    size_t size = 0;
    switch (static_cast<Sort>(bytes.front())) {
        case Sort::kTruth:
            size = 2;
            break;
        case Sort::kNumber:
        case Sort::kInstant:
            size = 1 + sizeof(uint64_t);
            break;
        case Sort::kText:
            size = bytes.find(std::string_view("\0\0", 2), 1);
            if (size == std::string_view::npos) return false;
            size += 2;
            break;
        default:
            return false;
    }
    if (bytes.size() < size) return false;
    bytes.remove_prefix(size);
    return true;
}

std::optional<ValueRange> ValuesThat(Comparison comparison, const Value& constant) {
    const auto bytes = IndexBytes(constant);
    // A Uuid is equal to its text in one language, and in an order of its own in another.
    const bool ordered = !constant.Is<Uuid>();
    if (!bytes || (comparison != Comparison::kEqual && !ordered)) return std::nullopt;
    const std::string_view sort = std::string_view(*bytes).substr(0, 1);
    switch (comparison) {
        case Comparison::kEqual:
            return ValueRange{*bytes, BehindPrefix(*bytes)};
        case Comparison::kLess:
        case Comparison::kLessEqual:
            return ValueRange{std::string(sort), BehindPrefix(*bytes)};
        case Comparison::kGreater:
        case Comparison::kGreaterEqual:
            return ValueRange{*bytes, BehindPrefix(sort)};
        default:
            return std::nullopt;
    }
}

ValueRange ValueRange::And(const ValueRange& other) const {
    return {std::max(low, other.low), std::min(high, other.high)};
}

ValueRange ValueRange::Around(const ValueRange& other) const {
    return {std::min(low, other.low), std::max(high, other.high)};
}

core::Status PropertyIndex::Load(KvTransaction& store) {
    auto state = state_.Lock();
    const auto cursor = store.Scan(std::string_view(&keys::kIndex, 1));
    while (cursor->Next()) {
        std::string_view key = cursor->Key().substr(1);
        const char of = key.empty() ? '\0' : key.front();
        uint64_t name = 0;
        if (!key.empty()) key.remove_prefix(1);
        if (!ReadOrdered(key, name)) {
            return core::Fail(core::Code::kDataLoss, "the graph's table of indexes is unreadable");
        }
        const IndexedProperty property{static_cast<ElementKind>(of), static_cast<NameId>(name)};
        state->kept.insert(property);
        if (cursor->Value() == keys::kIndexReady) state->ready.insert(property);
    }
    return store.Health();
}

bool PropertyIndex::Kept(IndexedProperty property) const {
    return state_.Lock()->kept.contains(property);
}

bool PropertyIndex::AnyOf(ElementKind kind) const {
    auto state = state_.Lock();
    const auto first = state->kept.lower_bound({kind, 0});
    return first != state->kept.end() && first->of == kind;
}

bool PropertyIndex::Keep(IndexedProperty property) {
    return state_.Lock()->kept.insert(property).second;
}

std::set<IndexedProperty> PropertyIndex::Unready() const {
    auto state = state_.Lock();
    std::set<IndexedProperty> unready;
    std::ranges::set_difference(state->kept, state->ready, std::inserter(unready, unready.end()));
    return unready;
}

void PropertyIndex::SetReady(IndexedProperty property) {
    state_.Lock()->ready.insert(property);
}

}  // namespace gyre::graph
