#include "graph/exec/cypher_values.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "core/digest.h"
#include "graph/calendar.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::exec {
namespace {

using Partial = std::partial_ordering;
using Weak = std::weak_ordering;

const Values* ListItems(const Value& value) {
    const auto* list = value.If<Ptr<List>>();
    return list != nullptr ? &(*list)->items : nullptr;
}

/// Exact for all integers of 64 bits and all floats beside each other.
Partial CompareWide(const Value& a, const Value& b) {
    const auto *x = a.If<int64_t>(), *y = b.If<int64_t>();
    if (x != nullptr && y != nullptr) return *x <=> *y;
    const auto exact = [](const Value& v) -> long double {
        return v.Is<int64_t>() ? static_cast<long double>(v.As<int64_t>())
                               : static_cast<long double>(ToDouble(v));
    };
    return exact(a) <=> exact(b);
}

Value EqualItems(const Values& a, const Values& b) {
    if (a.size() != b.size()) return Value(false);
    bool unknown = false;
    for (size_t i = 0; i < a.size(); ++i) {
        const Value one = EqualCypher(a[i], b[i]);
        if (one.IsNull())
            unknown = true;
        else if (!one.As<bool>())
            return one;
    }
    return unknown ? Value() : Value(true);
}

Value EqualMaps(const Map& a, const Map& b) {
    if (a.Size() != b.Size()) return Value(false);
    bool unknown = false;
    for (const auto& [key, value] : a.Items()) {
        const Value* other = b.Find(key);
        if (other == nullptr) return Value(false);
        const Value one = EqualCypher(value, *other);
        if (one.IsNull())
            unknown = true;
        else if (!one.As<bool>())
            return one;
    }
    return unknown ? Value() : Value(true);
}

/// The place of a type in the total order.
int RankOf(const Value& v) {
    if (v.Is<Ptr<Map>>()) return 0;
    if (v.Is<VertexRef>()) return 1;
    if (v.Is<EdgeRef>()) return 2;
    if (v.Is<Ptr<List>>()) return 3;
    if (v.Is<Ptr<Path>>()) return 4;
    if (const auto* temporal = v.If<Ptr<Temporal>>()) {
        return 9 - static_cast<int>((*temporal)->kind);
    }
    if (v.Is<Duration>()) return 10;
    if (v.Is<std::string>()) return 11;
    if (v.Is<bool>()) return 12;
    if (v.IsNumber()) return 13;
    return v.IsNull() ? 15 : 14;
}

Weak OrderItems(const Values& a, const Values& b) {
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (const Weak order = OrderCypher(a[i], b[i]); order != 0) return order;
    }
    return a.size() <=> b.size();
}

Values SortedEntries(const Map& map) {
    std::vector<Map::Item> items = map.Items();
    std::ranges::sort(
        items, [](const auto& x, const auto& y) { return OrderCypher(x.first, y.first) < 0; });
    Values flat;
    for (auto& [key, value] : items) {
        flat.push_back(std::move(key));
        flat.push_back(std::move(value));
    }
    return flat;
}

/// Null where they cannot be compared.
std::optional<Partial> Compared(const Value& a, const Value& b) {
    if (a.IsNull() || b.IsNull()) return std::nullopt;
    if (a.IsNumber() && b.IsNumber()) return CompareWide(a, b);
    const Values *x = ListItems(a), *y = ListItems(b);
    if (x != nullptr && y != nullptr) {
        for (size_t i = 0; i < std::min(x->size(), y->size()); ++i) {
            const auto order = Compared((*x)[i], (*y)[i]);
            if (!order || *order != 0) return order;
        }
        return x->size() <=> y->size();
    }
    if (a.Is<std::string>() && b.Is<std::string>()) {
        return a.As<std::string>().compare(b.As<std::string>()) <=> 0;
    }
    if (a.Is<bool>() && b.Is<bool>()) return int(a.As<bool>()) <=> int(b.As<bool>());
    if (a.Is<Ptr<Temporal>>() && b.Is<Ptr<Temporal>>()) {
        const Partial order = CompareTemporals(*a.As<Ptr<Temporal>>(), *b.As<Ptr<Temporal>>());
        if (order != Partial::unordered) return order;
    }
    return std::nullopt;
}

}  // namespace

Value Wide(const Value& value) {
    if (value.Is<int64_t>() || value.Is<std::string>() || value.IsElement()) return value;
    if (value.IsNumber()) {
        if (value.Is<int64_t>() || value.Is<double>() || value.Is<BigInteger>()) return value;
        return IsWhole(value) ? Value(ToInt64(value)) : Value(ToDouble(value));
    }
    if (const auto* date = value.If<Date>()) {
        const int64_t local = date->milliseconds + int64_t{date->offset_seconds} * 1000;
        auto temporal = std::make_shared<Temporal>();
        temporal->kind = Temporal::Kind::kDateTime;
        temporal->days = FloorDiv(local, 86'400'000);
        temporal->nanos = FloorMod(local, 86'400'000) * 1'000'000;
        temporal->offset = date->offset_seconds;
        return Value(std::move(temporal));
    }
    if (const auto* set = value.If<Ptr<Set>>()) return Wide(MakeList((*set)->items));
    if (value.Is<Char>() || value.Is<Uuid>()) return Value(DisplayText(value));
    if (const auto* binary = value.If<Binary>()) return Value(core::Base64Encode(binary->bytes));
    if (const Values* items = ListItems(value)) {
        Values wide;
        for (const Value& item : *items) wide.push_back(Wide(item));
        return MakeList(std::move(wide));
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        auto wide = std::make_shared<Map>();
        for (const auto& [key, item] : (*map)->Items()) wide->Put(key, Wide(item));
        return Value(std::move(wide));
    }
    return value;
}

Value Narrow(const Value& value) {
    const auto* temporal = value.If<Ptr<Temporal>>();
    if (temporal == nullptr) return value;
    const Temporal& at = **temporal;
    const bool plain = at.kind == Temporal::Kind::kDateTime && at.zone.empty() &&
                       at.nanos % 1'000'000 == 0 && std::abs(at.days) < 3'000'000;
    if (!plain) return value;
    return Value(Date{static_cast<int64_t>(InstantOf(at) / 1'000'000), at.offset});
}

Value EqualCypher(const Value& a, const Value& b) {
    if (a.IsNull() || b.IsNull()) return Value();
    if (a.IsNumber() && b.IsNumber()) return Value(CompareWide(a, b) == 0);
    const Values *x = ListItems(a), *y = ListItems(b);
    if (x != nullptr && y != nullptr) return EqualItems(*x, *y);
    if (a.Is<Ptr<Map>>() && b.Is<Ptr<Map>>()) {
        return EqualMaps(*a.As<Ptr<Map>>(), *b.As<Ptr<Map>>());
    }
    if (a.Is<Ptr<Path>>() && b.Is<Ptr<Path>>()) {
        return EqualItems(a.As<Ptr<Path>>()->objects, b.As<Ptr<Path>>()->objects);
    }
    return Value(SameValue(a, b));
}

Value CompareCypher(const Value& a, const Value& b, bool (*decide)(std::partial_ordering)) {
    const auto order = Compared(a, b);
    return order ? Value(decide(*order)) : Value();
}

std::weak_ordering OrderCypher(const Value& a, const Value& b) {
    const int rank = RankOf(a);
    if (const Weak order = rank <=> RankOf(b); order != 0) return order;
    if (a.IsNumber()) {
        const bool x = std::isnan(ToDouble(a)), y = std::isnan(ToDouble(b));
        if (x || y) return int(x) <=> int(y);
        const Partial order = CompareWide(a, b);
        return order < 0 ? Weak::less : order > 0 ? Weak::greater : Weak::equivalent;
    }
    if (a.Is<VertexRef>()) return a.As<VertexRef>().id <=> b.As<VertexRef>().id;
    if (a.Is<EdgeRef>()) return a.As<EdgeRef>().id <=> b.As<EdgeRef>().id;
    if (a.Is<Duration>()) return LengthOf(a.As<Duration>()) <=> LengthOf(b.As<Duration>());
    if (a.Is<Ptr<Path>>()) {
        return OrderItems(a.As<Ptr<Path>>()->objects, b.As<Ptr<Path>>()->objects);
    }
    if (const Values* items = ListItems(a)) return OrderItems(*items, *ListItems(b));
    if (a.Is<Ptr<Map>>()) {
        return OrderItems(SortedEntries(*a.As<Ptr<Map>>()), SortedEntries(*b.As<Ptr<Map>>()));
    }
    const auto order = Compared(a, b);
    if (!order) return Weak::equivalent;
    return *order < 0 ? Weak::less : *order > 0 ? Weak::greater : Weak::equivalent;
}

Value KeyOf(const Value& value) {
    if (value.Is<double>() || value.Is<float>()) {
        const double number = ToDouble(value);
        const bool whole = std::fabs(number) < 9.0e18 && std::trunc(number) == number;
        return whole ? Value(static_cast<int64_t>(number)) : Value(number);
    }
    if (const Values* items = ListItems(value)) {
        Values keys;
        for (const Value& item : *items) keys.push_back(KeyOf(item));
        return MakeList(std::move(keys));
    }
    if (const auto* map = value.If<Ptr<Map>>()) {
        auto keys = std::make_shared<Map>();
        for (const auto& [key, item] : (*map)->Items()) keys->Put(key, KeyOf(item));
        return Value(std::move(keys));
    }
    return Wide(value);
}

void FailCypher(Context& context, std::string_view type, std::string_view detail,
                const std::string& what) {
    context.Fail("InvalidParameterException",
                 what + " (" + std::string(type) + ": " + std::string(detail) + ")");
}

std::string CypherText(const Value& value) {
    return DisplayText(value);
}

}  // namespace gyre::graph::exec
