#include "graph/compare.h"

#include <algorithm>

#include "graph/number.h"

namespace gyre::graph {
namespace {

using Partial = std::partial_ordering;
using Weak = std::weak_ordering;

/// As Java compares its bytes, which have signs.
Weak OrderBytes(const std::string& a, const std::string& b) {
    return std::lexicographical_compare_three_way(
        a.begin(), a.end(), b.begin(), b.end(),
        [](char x, char y) { return static_cast<int8_t>(x) <=> static_cast<int8_t>(y); });
}

/// The place of a value's type in the order over all types.
int TypeRank(const Value& v) {
    if (v.IsNull()) return 0;
    if (v.Is<bool>()) return 1;
    if (v.IsNumber()) return 2;
    if (v.Is<Date>()) return 3;
    if (v.Is<std::string>() || v.Is<Char>() || v.Is<Token>()) return 4;
    if (v.Is<Uuid>()) return 5;
    if (v.Is<VertexRef>()) return 6;
    if (v.Is<EdgeRef>()) return 7;
    if (v.Is<Ptr<VertexProperty>>()) return 8;
    if (const auto* known = v.If<Ptr<ElementReference>>()) {
        return 6 + static_cast<int>((*known)->kind);
    }
    if (v.Is<Ptr<Property>>()) return 9;
    if (v.Is<Ptr<Path>>()) return 10;
    if (v.Is<Ptr<Set>>()) return 11;
    if (v.Is<Ptr<List>>()) return 12;
    if (v.Is<Ptr<Map>>()) return 13;
    if (v.Is<Ptr<Entry>>()) return 14;
    return 15 + static_cast<int>(v.Index());
}

Weak OrderAll(const Values& a, const Values& b) {
    for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
        if (const Weak order = OrderValues(a[i], b[i]); order != 0) return order;
    }
    return a.size() <=> b.size();
}

Values Sorted(Values items) {
    std::ranges::stable_sort(items,
                             [](const Value& x, const Value& y) { return OrderValues(x, y) < 0; });
    return items;
}

Values Flat(const Map& map) {
    std::vector<Map::Item> items = map.Items();
    std::ranges::stable_sort(
        items, [](const auto& x, const auto& y) { return OrderValues(x.first, y.first) < 0; });
    Values flat;
    for (auto& [key, value] : items) {
        flat.push_back(std::move(key));
        flat.push_back(std::move(value));
    }
    return flat;
}

bool EqualAll(const Values& a, const Values& b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), EqualValues);
}

const Values* Items(const Value& v) {
    if (const auto* list = v.If<Ptr<List>>()) return &(*list)->items;
    return nullptr;
}

/// Of an element that is known by it; null for any other value.
const Value* KnownId(const Value& v) {
    const auto* known = v.If<Ptr<ElementReference>>();
    return known != nullptr ? &(*known)->id : nullptr;
}

}  // namespace

bool EqualValues(const Value& a, const Value& b) {
    if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b) == 0;
    if (const Values* x = Items(a)) {
        const Values* y = Items(b);
        return y != nullptr && EqualAll(*x, *y);
    }
    if (a.Is<Ptr<Map>>() && b.Is<Ptr<Map>>()) {
        return EqualAll(Flat(*a.As<Ptr<Map>>()), Flat(*b.As<Ptr<Map>>()));
    }
    if (a.Is<Ptr<Set>>() && b.Is<Ptr<Set>>()) {
        return EqualAll(Sorted(a.As<Ptr<Set>>()->items), Sorted(b.As<Ptr<Set>>()->items));
    }
    return SameValue(a, b);
}

Partial CompareValues(const Value& a, const Value& b) {
    if (a.IsNumber() && b.IsNumber()) return CompareNumbers(a, b);
    const int rank = TypeRank(a);
    if (rank != TypeRank(b)) return Partial::unordered;
    if (rank == 0) return Partial::equivalent;
    if (rank == 1 || (rank >= 3 && rank <= 5) || (rank >= 10 && rank <= 14)) {
        return OrderValues(a, b);
    }
    if (a.Is<Binary>()) return OrderValues(a, b);
    const Value *x = KnownId(a), *y = KnownId(b);
    if (x != nullptr && y != nullptr) return CompareValues(*x, *y);
    return SameValue(a, b) ? Partial::equivalent : Partial::unordered;
}

Weak OrderValues(const Value& a, const Value& b) {
    const int rank = TypeRank(a);
    if (const Weak order = rank <=> TypeRank(b); order != 0) return order;
    const Value *x_id = KnownId(a), *y_id = KnownId(b);
    if (x_id != nullptr && y_id != nullptr) return OrderValues(*x_id, *y_id);
    if (x_id != nullptr || y_id != nullptr) return a.Index() <=> b.Index();
    switch (rank) {
        case 0:
            return Weak::equivalent;
        case 1:
            return int(a.As<bool>()) <=> int(b.As<bool>());
        case 2: {
            const Partial order = CompareNumbers(a, b);
            if (order == Partial::unordered) {  // NaN after all
                return int(!(ToDouble(a) == ToDouble(a))) <=> int(!(ToDouble(b) == ToDouble(b)));
            }
            return order < 0 ? Weak::less : order > 0 ? Weak::greater : Weak::equivalent;
        }
        case 3:
            return a.As<Date>().milliseconds <=> b.As<Date>().milliseconds;
        case 4: {
            const int order =
                (a.Is<std::string>() ? a.As<std::string>() : DisplayText(a))
                    .compare(b.Is<std::string>() ? b.As<std::string>() : DisplayText(b));
            return order <=> 0;
        }
        case 5:
            return a.As<Uuid>() <=> b.As<Uuid>();
        case 6:
            return a.As<VertexRef>().id <=> b.As<VertexRef>().id;
        case 7:
            return a.As<EdgeRef>().id <=> b.As<EdgeRef>().id;
        case 8: {
            const auto &x = *a.As<Ptr<VertexProperty>>(), &y = *b.As<Ptr<VertexProperty>>();
            if (const Weak order = x.id <=> y.id; order != 0) return order;
            return x.vertex.id <=> y.vertex.id;
        }
        case 9: {
            const auto &x = *a.As<Ptr<Property>>(), &y = *b.As<Ptr<Property>>();
            if (const Weak order = x.key.compare(y.key) <=> 0; order != 0) return order;
            return OrderValues(x.value, y.value);
        }
        case 10:
            return OrderAll(a.As<Ptr<Path>>()->objects, b.As<Ptr<Path>>()->objects);
        case 11:
            return OrderAll(Sorted(a.As<Ptr<Set>>()->items), Sorted(b.As<Ptr<Set>>()->items));
        case 12:
            return OrderAll(a.As<Ptr<List>>()->items, b.As<Ptr<List>>()->items);
        case 13:
            return OrderAll(Flat(*a.As<Ptr<Map>>()), Flat(*b.As<Ptr<Map>>()));
        case 14: {
            const auto &x = *a.As<Ptr<Entry>>(), &y = *b.As<Ptr<Entry>>();
            if (const Weak order = OrderValues(x.key, y.key); order != 0) return order;
            return OrderValues(x.value, y.value);
        }
        default:
            if (a.Is<Binary>()) return OrderBytes(a.As<Binary>().bytes, b.As<Binary>().bytes);
            return DisplayText(a).compare(DisplayText(b)) <=> 0;
    }
}

}  // namespace gyre::graph
