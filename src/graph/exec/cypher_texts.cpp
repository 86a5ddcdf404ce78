#include <algorithm>

#include "graph/exec/cypher_values.h"
#include "graph/exec/detail/cypher_functions.h"
#include "graph/exec/functions.h"
#include "graph/number.h"

namespace gyre::graph::exec::detail {
namespace {

/// Where the character of that number begins; the end of the text behind its last.
size_t PlaceOf(std::string_view text, int64_t character) {
    size_t at = 0;
    for (; at < text.size() && character > 0; --character) {
        ++at;
        while (at < text.size() && (text[at] & 0xC0) == 0x80) ++at;
    }
    return at;
}

Value OverLimit(Context& context) {
    context.Fail(TooLarge());
    return Value();
}

/// Both are texts: else the error is noted.
bool AreTexts(Context& context, std::string_view function, const Values& a) {
    for (const Value& one : a) {
        if (one.Is<std::string>()) continue;
        static_cast<void>(WrongType(context, function, one));
        return false;
    }
    return true;
}

/// A count of characters that is not negative; false and the error noted otherwise.
bool ReadCount(Context& context, std::string_view function, const Value& value, int64_t& count) {
    if (!value.IsNumber() || !IsWhole(value)) {
        static_cast<void>(WrongType(context, function, value));
        return false;
    }
    count = ToInt64(value);
    if (count >= 0) return true;
    FailCypher(context, "ArgumentError", "NumberOutOfRange",
               std::string(function) + "() takes no negative number");
    return false;
}

/// One that Gremlin has too, of one text.
Value Shared(Context& context, const char* gremlin, const Values& a) {
    if (!AreTexts(context, gremlin, a)) return Value();
    auto value = TextFunction(gremlin)(a[0], {});
    if (value) return std::move(*value);
    context.Fail(value.error());
    return Value();
}

Value Left(Context& context, const Values& a) {
    int64_t count = 0;
    if (!AreTexts(context, "left", {a[0]}) || !ReadCount(context, "left", a[1], count)) {
        return Value();
    }
    const auto& text = a[0].As<std::string>();
    return Value(text.substr(0, PlaceOf(text, count)));
}

Value Right(Context& context, const Values& a) {
    int64_t count = 0;
    if (!AreTexts(context, "right", {a[0]}) || !ReadCount(context, "right", a[1], count)) {
        return Value();
    }
    const auto& text = a[0].As<std::string>();
    return Value(text.substr(PlaceOf(text, std::max<int64_t>(CharactersOf(text) - count, 0))));
}

Value Substring(Context& context, const Values& a) {
    int64_t start = 0, count = INT64_MAX;
    if (!AreTexts(context, "substring", {a[0]}) || !ReadCount(context, "substring", a[1], start) ||
        (a.size() > 2 && !ReadCount(context, "substring", a[2], count))) {
        return Value();
    }
    std::string_view text = a[0].As<std::string>();
    text.remove_prefix(PlaceOf(text, start));
    return Value(text.substr(0, PlaceOf(text, count)));
}

Value Replace(Context& context, const Values& a) {
    if (!AreTexts(context, "replace", a)) return Value();
    const auto& text = a[0].As<std::string>();
    const auto& from = a[1].As<std::string>();
    if (from.empty()) return a[0];
    std::string result;
    size_t at = 0;
    for (size_t found = 0; (found = text.find(from, at)) != std::string::npos;) {
        const bool fits = Append(result, std::string_view(text).substr(at, found - at)) &&
                          Append(result, a[2].As<std::string>());
        if (!fits) return OverLimit(context);
        at = found + from.size();
    }
    if (!Append(result, std::string_view(text).substr(at))) return OverLimit(context);
    return Value(std::move(result));
}

Value Split(Context& context, const Values& a) {
    if (!AreTexts(context, "split", a)) return Value();
    const auto& text = a[0].As<std::string>();
    const auto& mark = a[1].As<std::string>();
    Values parts;
    if (mark.empty()) {
        for (size_t at = 0; at < text.size();) {
            if (parts.size() == kMostItems) return OverLimit(context);
            const size_t size = PlaceOf(std::string_view(text).substr(at), 1);
            parts.emplace_back(text.substr(at, size));
            at += size;
        }
        return MakeList(std::move(parts));
    }
    size_t at = 0;
    for (size_t found = 0; (found = text.find(mark, at)) != std::string::npos;) {
        if (parts.size() == kMostItems) return OverLimit(context);
        parts.emplace_back(text.substr(at, found - at));
        at = found + mark.size();
    }
    parts.emplace_back(text.substr(at));
    return MakeList(std::move(parts));
}

Value Reverse(Context& context, const Values& a) {
    if (const auto* list = a[0].If<Ptr<List>>()) {
        return MakeList(Values((*list)->items.rbegin(), (*list)->items.rend()));
    }
    return Shared(context, "reverse", a);
}

Value ToText(Context& context, const Values& a) {
    const Value& v = a[0];
    const bool fits = v.Is<bool>() || v.IsNumber() || v.Is<std::string>() ||
                      v.Is<Ptr<Temporal>>() || v.Is<Duration>();
    return fits ? Value(CypherText(v)) : WrongValue(context, "toString", v);
}

Value ToBoolean(Context& context, const Values& a) {
    if (a[0].Is<bool>()) return a[0];
    const auto* text = a[0].If<std::string>();
    if (text == nullptr) return WrongValue(context, "toBoolean", a[0]);
    std::string lower = *text;
    for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    if (lower == "true") return Value(true);
    return lower == "false" ? Value(false) : Value();
}

/// In the characters from a[2] on, and before a[3] where that is not -1.
Value IndexOf(Context& context, const Values& a) {
    int64_t from = 0, to = -1;
    if (!AreTexts(context, "textIndexOf", {a[0], a[1]}) ||
        (a.size() > 2 && !ReadCount(context, "textIndexOf", a[2], from))) {
        return Value();
    }
    const bool ends = a.size() > 3 && !SameValue(Wide(a[3]), Value(int64_t{-1}));
    if (ends && !ReadCount(context, "textIndexOf", a[3], to)) return Value();
    std::string_view text = a[0].As<std::string>();
    if (ends) text = text.substr(0, PlaceOf(text, to));
    const size_t at = text.find(a[1].As<std::string>(), PlaceOf(text, from));
    return Value(at == std::string::npos ? -1 : CharactersOf(text.substr(0, at)));
}

}  // namespace

void AddTextFunctions(Calls& calls) {
    calls.insert({
        {"left", Left},
        {"ltrim", [](Context& c, const Values& a) { return Shared(c, "lTrim", a); }},
        {"replace", Replace},
        {"reverse", Reverse},
        {"right", Right},
        {"rtrim", [](Context& c, const Values& a) { return Shared(c, "rTrim", a); }},
        {"split", Split},
        {"substring", Substring},
        {"textindexof", IndexOf},
        {"toboolean", ToBoolean},
        {"tolower", [](Context& c, const Values& a) { return Shared(c, "toLower", a); }},
        {"tostring", ToText},
        {"toupper", [](Context& c, const Values& a) { return Shared(c, "toUpper", a); }},
        {"trim", [](Context& c, const Values& a) { return Shared(c, "trim", a); }},
    });
}

}  // namespace gyre::graph::exec::detail
