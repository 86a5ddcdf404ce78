// Neptune's collSort() and its kin: lists in the order that a map, or several, tells.
#include <algorithm>
#include <optional>

#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/cypher_functions.h"
#include "graph/exec/evaluate.h"
#include "graph/number.h"

namespace gyre::graph::exec::detail {
namespace {

/// {key: "age", order: "desc"}
struct SortKey {
    std::string key;  ///< of maps or nodes; empty: the values themselves
    bool descending = false;
};

void FailSort(Context& context, const std::string& what) {
    FailCypher(context, "ArgumentError", "InvalidArgumentValue", what);
}

/// Nullopt where an error was noted.
std::optional<SortKey> ReadSortKey(Context& context, const Value& config, bool keyed) {
    const auto* map = config.If<Ptr<Map>>();
    if (map == nullptr) {
        static_cast<void>(WrongType(context, "collSort", config));
        return std::nullopt;
    }
    SortKey sort;
    if (const Value* order = (*map)->Find(Value("order"))) {
        std::string word = order->Is<std::string>() ? order->As<std::string>() : "";
        std::ranges::transform(word, word.begin(),
                               [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        if (word != "asc" && word != "desc") {
            FailSort(context, "order is 'asc' or 'desc'");
            return std::nullopt;
        }
        sort.descending = word == "desc";
    }
    const Value* key = (*map)->Find(Value("key"));
    if (keyed && (key == nullptr || !key->Is<std::string>())) {
        FailSort(context, "expected the key to sort by: {key: …}");
        return std::nullopt;
    }
    if (keyed) sort.key = key->As<std::string>();
    return sort;
}

/// What an item is sorted by; null where it has nothing of the kind.
Value SortedBy(Context& context, const Value& item, const std::string& key) {
    if (key.empty()) return item;
    const Ptr<Map> map = item.Is<Ptr<Map>>()    ? item.As<Ptr<Map>>()
                         : item.Is<VertexRef>() ? PropertiesMap(context, item)
                                                : nullptr;
    if (map == nullptr) {
        static_cast<void>(WrongType(context, "collSort", item));
        return Value();
    }
    const Value* value = map->Find(Value(key));
    return value != nullptr ? *value : Value();
}

Value Sorted(Context& context, const Value& list, const std::vector<SortKey>& by) {
    const auto* items = list.If<Ptr<List>>();
    if (items == nullptr) return WrongType(context, "collSort", list);
    struct Row {
        Value item;
        Values keys;
    };
    std::vector<Row> rows;
    for (const Value& item : (*items)->items) {
        if (!context.GoOn()) return Value();
        Row row{item, {}};
        for (const SortKey& sort : by) row.keys.push_back(SortedBy(context, item, sort.key));
        rows.push_back(std::move(row));
    }
    if (context.Failed()) return Value();
    std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
        for (size_t i = 0; i < by.size(); ++i) {
            const auto order = OrderCypher(a.keys[i], b.keys[i]);
            if (order != 0) return by[i].descending ? order > 0 : order < 0;
        }
        return false;
    });
    Values sorted;
    for (Row& row : rows) sorted.push_back(std::move(row.item));
    return MakeList(std::move(sorted));
}

Value Sort(Context& context, const Values& a) {
    SortKey by;
    if (a.size() > 1) {
        const auto given = ReadSortKey(context, a[1], false);
        if (!given) return Value();
        by = *given;
    }
    return Sorted(context, a[0], {by});
}

Value SortByKey(Context& context, const Values& a) {
    const auto by = ReadSortKey(context, a[1], true);
    return by ? Sorted(context, a[0], {*by}) : Value();
}

Value SortByMany(Context& context, const Values& a) {
    std::vector<SortKey> by;
    if (a.size() > 1) {
        const auto* configs = a[1].If<Ptr<List>>();
        if (configs == nullptr) return WrongType(context, "collSortMulti", a[1]);
        for (const Value& config : (*configs)->items) {
            const auto one = ReadSortKey(context, config, true);
            if (!one) return Value();
            by.push_back(*one);
        }
    }
    int64_t cut[] = {-1, 0};  // limit, skip
    for (size_t i = 2; i < a.size(); ++i) {
        if (!a[i].IsNumber() || !IsWhole(a[i])) return WrongType(context, "collSortMulti", a[i]);
        cut[i - 2] = ToInt64(a[i]);
    }
    Value sorted = Sorted(context, a[0], by);
    if (sorted.IsNull()) return sorted;
    const Values& items = sorted.As<Ptr<List>>()->items;
    const auto size = static_cast<int64_t>(items.size());
    const int64_t from = std::clamp<int64_t>(cut[1], 0, size);
    const int64_t count = cut[0] < 0 ? size - from : std::min(cut[0], size - from);
    return MakeList(Values(items.begin() + from, items.begin() + from + count));
}

}  // namespace

void AddSortFunctions(Calls& calls) {
    calls.insert({
        {"collsort", Sort},
        {"collsortmaps", SortByKey},
        {"collsortmulti", SortByMany},
        {"collsortnodes", SortByKey},
    });
}

}  // namespace gyre::graph::exec::detail
