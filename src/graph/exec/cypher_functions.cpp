#include <algorithm>
#include <string>

#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/cypher_functions.h"
#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/number.h"
#include "graph/temporal.h"

namespace gyre::graph::exec {
namespace {

using detail::Call;

constexpr double kMostNumbers = 1e7;  // of range()

const Values* ListArgument(Context& context, const Value& value, std::string_view function) {
    const auto* list = value.If<Ptr<List>>();
    if (list != nullptr) return &(*list)->items;
    detail::WrongType(context, function, value);
    return nullptr;
}

Value Size(Context& context, const Values& a) {
    if (const auto* list = a[0].If<Ptr<List>>()) {
        return Value(static_cast<int64_t>((*list)->items.size()));
    }
    if (const auto* text = a[0].If<std::string>()) return Value(detail::CharactersOf(*text));
    return detail::WrongType(context, "size", a[0]);
}

Value Labels(Context& context, const Values& a) {
    const auto* vertex = a[0].If<VertexRef>();
    if (vertex == nullptr) return detail::WrongValue(context, "labels", a[0]);
    const auto row = context.graph.Vertex(vertex->id);
    if (!row) {
        FailCypher(context, "EntityNotFound", "DeletedEntityAccess", "the node has been deleted");
        return Value();
    }
    Values labels;
    for (const NameId label : row->labels) labels.emplace_back(context.graph.NameText(label));
    return MakeList(std::move(labels));
}

Value Type(Context& context, const Values& a) {
    const auto* edge = a[0].If<EdgeRef>();
    if (edge == nullptr) return detail::WrongValue(context, "type", a[0]);
    return Value(context.graph.NameText(edge->label));
}

Value Id(Context& context, const Values& a) {
    Value id;
    if (IdOf(context, a[0], id)) return Wide(id);
    return a[0].IsElement() ? Value() : detail::WrongValue(context, "id", a[0]);
}

bool HasKeys(Context& context, const Value& of) {
    if (of.Is<Ptr<Map>>()) return true;
    if (!of.Is<VertexRef>() && !of.Is<EdgeRef>()) return false;
    Value id;
    if (!IdOf(context, of, id)) {
        FailCypher(context, "EntityNotFound", "DeletedEntityAccess",
                   "the element has been deleted");
    }
    return true;
}

Value Properties(Context& context, const Values& a) {
    if (!HasKeys(context, a[0])) return detail::WrongType(context, "properties", a[0]);
    return a[0].Is<Ptr<Map>>() ? a[0] : Value(PropertiesMap(context, a[0]));
}

Value Keys(Context& context, const Values& a) {
    if (!HasKeys(context, a[0])) return detail::WrongType(context, "keys", a[0]);
    const auto* map = a[0].If<Ptr<Map>>();
    const Ptr<Map> of = map ? *map : PropertiesMap(context, a[0]);
    Values keys;
    for (const auto& item : of->Items()) keys.push_back(item.first);
    return MakeList(std::move(keys));
}

Value Range(Context& context, const Values& a) {
    for (const Value& bound : a) {
        if (!bound.IsNumber() || !IsWhole(bound)) {
            FailCypher(context, "ArgumentError", "InvalidArgumentType",
                       "range() is not for " + std::string(TypeName(bound)));
            return Value();
        }
    }
    const int64_t from = ToInt64(a[0]), to = ToInt64(a[1]);
    const int64_t step = a.size() > 2 ? ToInt64(a[2]) : 1;
    const double count = step == 0 ? 0
                                   : (static_cast<double>(to) - static_cast<double>(from)) /
                                         static_cast<double>(step);
    if (step == 0 || count > kMostNumbers) {
        FailCypher(context, "ArgumentError", "NumberOutOfRange",
                   step == 0 ? "the step of range() is 0" : "range() has too many numbers");
        return Value();
    }
    Values items;
    WideNanos number = from;
    for (; step > 0 ? number <= to : number >= to; number += step) {
        items.emplace_back(static_cast<int64_t>(number));
    }
    return MakeList(std::move(items));
}

/// Of a path: its nodes, or its relationships.
template <bool nodes>
Value PartsOf(Context& context, const Values& a) {
    const auto* whole = a[0].If<Ptr<Path>>();
    if (whole == nullptr) {
        return detail::WrongType(context, nodes ? "nodes" : "relationships", a[0]);
    }
    Values parts;
    for (size_t i = nodes ? 0 : 1; i < (*whole)->objects.size(); i += 2) {
        parts.push_back((*whole)->objects[i]);
    }
    return MakeList(std::move(parts));
}

template <bool start>
Value NodeAt(Context& context, const Values& a) {
    const auto* edge = a[0].If<EdgeRef>();
    if (edge == nullptr) return detail::WrongType(context, "startNode", a[0]);
    return Value(VertexRef{start ? edge->out : edge->in});
}

Value Length(Context& context, const Values& a) {
    const auto* path = a[0].If<Ptr<Path>>();
    if (path == nullptr) return detail::WrongType(context, "length", a[0]);
    return Value(static_cast<int64_t>((*path)->objects.size() / 2));
}

template <bool last>
Value End(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], last ? "last" : "head");
    if (items == nullptr || items->empty()) return Value();
    return last ? items->back() : items->front();
}

Value Tail(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], "tail");
    if (items == nullptr || items->empty()) return items ? MakeList({}) : Value();
    return MakeList(Values(items->begin() + 1, items->end()));
}

Value IsEmpty(Context& context, const Values& a) {
    if (const auto* text = a[0].If<std::string>()) return Value(text->empty());
    if (const auto* map = a[0].If<Ptr<Map>>()) return Value((*map)->Size() == 0);
    const Values* items = ListArgument(context, a[0], "isEmpty");
    return items ? Value(items->empty()) : Value();
}

/// Each item once, in the order in which they come.
Value Distinct(const Values& items) {
    Set keys;
    Values kept;
    for (const Value& item : items) {
        if (keys.Add(KeyOf(item))) kept.push_back(item);
    }
    return MakeList(std::move(kept));
}

Value ToSet(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], "collToSet");
    return items ? Distinct(*items) : Value();
}

/// Those of the first list that are in the second, or that are not.
template <bool in>
Value Chosen(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], "collSubtract");
    const Values* others = ListArgument(context, a[1], "collSubtract");
    if (items == nullptr || others == nullptr) return Value();
    Set keys;
    for (const Value& other : *others) keys.Add(KeyOf(other));
    Values kept;
    for (const Value& item : *items) {
        if (keys.Contains(KeyOf(item)) == in) kept.push_back(item);
    }
    return Distinct(kept);
}

Value UnionOf(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], "collUnion");
    const Values* others = ListArgument(context, a[1], "collUnion");
    if (items == nullptr || others == nullptr) return Value();
    Values all = *items;
    all.insert(all.end(), others->begin(), others->end());
    return Distinct(all);
}

Value Join(Context& context, const Values& a) {
    const Values* items = ListArgument(context, a[0], "join");
    if (items == nullptr) return Value();
    const std::string mark = a.size() > 1 ? CypherText(a[1]) : "";
    std::string text;
    for (size_t i = 0; i < items->size(); ++i) {
        if (Append(text, i > 0 ? mark : "") && Append(text, CypherText((*items)[i]))) continue;
        context.Fail(TooLarge());
        return Value();
    }
    return Value(std::move(text));
}

Value RemoveKey(Context& context, const Values& a) {
    const auto* map = a[0].If<Ptr<Map>>();
    if (map == nullptr) return detail::WrongType(context, "removeKeyFromMap", a[0]);
    auto rest = std::make_shared<Map>(**map);
    rest->Remove(a[1]);
    return Value(std::move(rest));
}

Value RandomUuid(Context& context, const Values&) {
    Uuid uuid;
    for (uint8_t& byte : uuid.bytes) byte = static_cast<uint8_t>(context.Random()());
    uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0F) | 0x40);
    uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3F) | 0x80);
    return Value(UuidText(uuid));
}

const detail::Calls& Calls() {
    static const detail::Calls calls = [] {
        detail::Calls all{
            {"collintersection", Chosen<true>},
            {"collsubtract", Chosen<false>},
            {"colltoset", ToSet},
            {"collunion", UnionOf},
            {"elementid",
             [](Context& c, const Values& a) {
                 const Value id = Id(c, a);
                 return id.IsNull() ? id : Value(DisplayText(id));
             }},
            {"endnode", NodeAt<false>},
            {"exists", [](Context&, const Values& a) { return Value(!a[0].IsNull()); }},
            {"head", End<false>},
            {"id", Id},
            {"isempty", IsEmpty},
            {"join", Join},
            {"keys", Keys},
            {"labels", Labels},
            {"last", End<true>},
            {"length", Length},
            {"nodes", PartsOf<true>},
            {"properties", Properties},
            {"randomuuid", RandomUuid},
            {"range", Range},
            {"relationships", PartsOf<false>},
            {"removekeyfrommap", RemoveKey},
            {"size", Size},
            {"startnode", NodeAt<true>},
            {"tail", Tail},
            {"timestamp", [](Context& c, const Values&) { return Value(c.StatementMillis()); }},
            {"type", Type},
        };
        detail::AddNumberFunctions(all);
        detail::AddSortFunctions(all);
        detail::AddTextFunctions(all);
        return all;
    }();
    return calls;
}

}  // namespace

namespace detail {

Value WrongType(Context& context, std::string_view function, const Value& value) {
    FailCypher(context, "TypeError", "InvalidArgumentType",
               std::string(function) + "() is not for " + std::string(TypeName(value)));
    return Value();
}

Value WrongValue(Context& context, std::string_view function, const Value& value) {
    FailCypher(context, "TypeError", "InvalidArgumentValue",
               std::string(function) + "() is not for " + std::string(TypeName(value)));
    return Value();
}

int64_t CharactersOf(std::string_view text) {
    return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

}  // namespace detail

bool CallFunction(Context& context, const std::string& name, const Values& arguments,
                  Value& result) {
    const auto found = Calls().find(name);
    if (found == Calls().end()) return false;
    const bool null = std::ranges::any_of(arguments, &Value::IsNull);
    if (!null || name == "exists") result = found->second(context, arguments);
    return true;
}

}  // namespace gyre::graph::exec
