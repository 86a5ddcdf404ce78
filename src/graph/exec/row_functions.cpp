#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>

#include "graph/exec/element.h"
#include "graph/exec/evaluate.h"
#include "graph/exec/functions.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using Call = Value (*)(Context&, const Values&);

Value ToInteger(Context&, const Values& a) {
    if (a[0].IsNumber()) return Value(ToInt64(a[0]));
    const auto* text = a[0].If<std::string>();
    if (text == nullptr) return Value();
    char* end = nullptr;
    const double number = std::strtod(text->c_str(), &end);
    if (text->empty() || end != text->c_str() + text->size()) return Value();
    int64_t whole = 0;
    const auto [at, error] = std::from_chars(text->data(), text->data() + text->size(), whole);
    if (error == std::errc() && at == text->data() + text->size()) return Value(whole);
    return Value(ToInt64(Value(number)));
}

Value ToFloat(Context&, const Values& a) {
    if (a[0].IsNumber()) return Value(ToDouble(a[0]));
    const auto* text = a[0].If<std::string>();
    if (text == nullptr || text->empty()) return Value();
    char* end = nullptr;
    const double number = std::strtod(text->c_str(), &end);
    return end == text->c_str() + text->size() ? Value(number) : Value();
}

Value Size(Context& context, const Values& a) {
    if (const auto* list = a[0].If<Ptr<List>>()) {
        return Value(static_cast<int64_t>((*list)->items.size()));
    }
    if (a[0].Is<std::string>()) {
        const auto length = TextFunction("length")(a[0], {});
        return length ? Value(ToInt64(*length)) : Value();
    }
    context.Fail("InvalidParameterException", "size() is for lists and texts");
    return Value();
}

Value Labels(Context& context, const Values& a) {
    const auto* vertex = a[0].If<VertexRef>();
    const auto row = vertex ? context.graph.Vertex(vertex->id) : nullptr;
    if (!row) return Value();
    Values labels;
    for (const NameId label : row->labels) labels.emplace_back(context.graph.NameText(label));
    return MakeList(std::move(labels));
}

Value Keys(Context& context, const Values& a) {
    const auto* map = a[0].If<Ptr<Map>>();
    const Ptr<Map> of = map ? *map : PropertiesMap(context, a[0]);
    Values keys;
    for (const auto& item : of->Items()) keys.push_back(item.first);
    return MakeList(std::move(keys));
}

Value Range(Context& context, const Values& a) {
    if (a.size() < 2 || !a[0].IsNumber() || !a[1].IsNumber()) return Value();
    const int64_t from = ToInt64(a[0]), to = ToInt64(a[1]);
    const int64_t step = a.size() > 2 && a[2].IsNumber() ? ToInt64(a[2]) : 1;
    if (step == 0 || std::fabs(static_cast<double>(to) - static_cast<double>(from)) /
                             std::fabs(static_cast<double>(step)) >
                         1e7) {
        context.Fail("InvalidParameterException", "range() has a step of 0 or too many numbers");
        return Value();
    }
    Values items;
    for (int64_t i = from; step > 0 ? i <= to : i >= to; i += step) items.emplace_back(i);
    return MakeList(std::move(items));
}

/// Of a path: its nodes, or its relationships.
Value PartsOf(const Value& path, bool nodes) {
    const auto* whole = path.If<Ptr<Path>>();
    if (whole == nullptr) return Value();
    Values parts;
    for (size_t i = nodes ? 0 : 1; i < (*whole)->objects.size(); i += 2) {
        parts.push_back((*whole)->objects[i]);
    }
    return MakeList(std::move(parts));
}

double Ceil(double x) {
    return std::ceil(x);
}
double Floor(double x) {
    return std::floor(x);
}
double Round(double x) {
    return std::round(x);
}
double Sqrt(double x) {
    return std::sqrt(x);
}
double Log(double x) {
    return std::log(x);
}
double Exp(double x) {
    return std::exp(x);
}

template <double (*function)(double)>
Value OfNumber(Context& context, const Values& a) {
    if (a[0].IsNumber()) return Value(function(ToDouble(a[0])));
    context.Fail("InvalidParameterException", "a number is expected");
    return Value();
}

template <bool last>
Value End(Context&, const Values& a) {
    const auto* list = a[0].If<Ptr<List>>();
    if (list == nullptr || (*list)->items.empty()) return Value();
    return last ? (*list)->items.back() : (*list)->items.front();
}

const std::map<std::string, Call, std::less<>>& Calls() {
    static const std::map<std::string, Call, std::less<>> calls = {
        {"id",
         [](Context& c, const Values& a) {
             Value id;
             return IdOf(c, a[0], id) ? id : Value();
         }},
        {"labels", Labels},
        {"type",
         [](Context& c, const Values& a) {
             std::string label;
             return a[0].Is<EdgeRef>() && LabelOf(c, a[0], label) ? Value(label) : Value();
         }},
        {"properties",
         [](Context& c, const Values& a) {
             return a[0].Is<Ptr<Map>>() ? a[0] : Value(PropertiesMap(c, a[0]));
         }},
        {"keys", Keys},
        {"size", Size},
        {"length",
         [](Context& c, const Values& a) {
             const auto* path = a[0].If<Ptr<Path>>();
             return path ? Value(static_cast<int64_t>((*path)->objects.size() / 2)) : Size(c, a);
         }},
        {"nodes", [](Context&, const Values& a) { return PartsOf(a[0], true); }},
        {"relationships", [](Context&, const Values& a) { return PartsOf(a[0], false); }},
        {"startnode",
         [](Context&, const Values& a) {
             const auto* edge = a[0].If<EdgeRef>();
             return edge ? Value(VertexRef{edge->out}) : Value();
         }},
        {"endnode",
         [](Context&, const Values& a) {
             const auto* edge = a[0].If<EdgeRef>();
             return edge ? Value(VertexRef{edge->in}) : Value();
         }},
        {"head", End<false>},
        {"last", End<true>},
        {"tail",
         [](Context&, const Values& a) {
             const auto* list = a[0].If<Ptr<List>>();
             if (list == nullptr) return Value();
             const Values& items = (*list)->items;
             return MakeList(items.empty() ? Values() : Values(items.begin() + 1, items.end()));
         }},
        {"range", Range},
        {"tointeger", ToInteger},
        {"tofloat", ToFloat},
        {"tostring", [](Context&, const Values& a) { return Value(DisplayText(a[0])); }},
        {"exists", [](Context&, const Values& a) { return Value(!a[0].IsNull()); }},
        {"abs",
         [](Context&, const Values& a) {
             if (a[0].IsNumber() && IsWhole(a[0])) return Value(std::abs(ToInt64(a[0])));
             return Value(std::fabs(ToDouble(a[0])));
         }},
        {"ceil", OfNumber<Ceil>},
        {"floor", OfNumber<Floor>},
        {"round", OfNumber<Round>},
        {"sqrt", OfNumber<Sqrt>},
        {"log", OfNumber<Log>},
        {"exp", OfNumber<Exp>},
    };
    return calls;
}

/// openCypher's names of functions that Gremlin has too.
constexpr std::pair<std::string_view, std::string_view> kOfTexts[] = {
    {"toupper", "toUpper"}, {"tolower", "toLower"}, {"trim", "trim"},       {"ltrim", "lTrim"},
    {"rtrim", "rTrim"},     {"reverse", "reverse"}, {"replace", "replace"}, {"split", "split"},
};

}  // namespace

bool CallFunction(Context& context, const std::string& name, const Values& arguments,
                  Value& result) {
    const auto found = Calls().find(name);
    Function of_text = nullptr;
    for (const auto& [ours, theirs] : kOfTexts) {
        if (name == ours) of_text = TextFunction(theirs);
    }
    if (found == Calls().end() && of_text == nullptr && name != "substring") return false;
    if (arguments.empty()) {
        context.Fail("MalformedQueryException", name + "() takes an argument");
        return true;
    }
    if (arguments[0].IsNull() && name != "exists") return true;
    if (found != Calls().end()) {
        result = found->second(context, arguments);
        return true;
    }
    Values rest(arguments.begin() + 1, arguments.end());
    if (name == "substring") {  // from, length
        if (rest.size() == 2 && rest[0].IsNumber() && rest[1].IsNumber()) {
            rest[1] = Value(ToInt64(rest[0]) + ToInt64(rest[1]));
        }
        of_text = TextFunction("substring");
    }
    auto value = of_text(arguments[0], rest);
    if (value)
        result = std::move(*value);
    else
        context.Fail(value.error());
    return true;
}

}  // namespace gyre::graph::exec
