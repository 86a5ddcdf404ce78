#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <map>
#include <utility>

#include "graph/exec/functions.h"
#include "graph/exec/stages.h"
#include "graph/number.h"

namespace gyre::graph::exec {
namespace {

using core::Result;

tl::unexpected<core::Error> NotFor(const char* function, const Value& value) {
    return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                      std::string("The ") + function +
                          "() step can only take string as argument, "
                          "encountered " +
                          std::string(TypeName(value)) + " " + DisplayText(value));
}

/// Applies to a text; null stays null.
template <typename Apply>
Result<Value> OfText(const char* function, const Value& value, Apply apply) {
    if (value.IsNull()) return Value();
    if (value.Is<std::string>()) return Value(apply(value.As<std::string>()));
    return NotFor(function, value);
}

/// Characters of UTF-8.
std::vector<std::string_view> Characters(std::string_view text) {
    std::vector<std::string_view> characters;
    for (size_t i = 0; i < text.size();) {
        size_t end = i + 1;
        while (end < text.size() && (static_cast<uint8_t>(text[end]) & 0xC0) == 0x80) ++end;
        characters.push_back(text.substr(i, end - i));
        i = end;
    }
    return characters;
}

/// By the units of UTF-16 that Java counts: a character of two is followed by nothing.
std::vector<std::string_view> Units(std::string_view text) {
    std::vector<std::string_view> units;
    for (const std::string_view character : Characters(text)) {
        units.push_back(character);
        if (character.size() == 4) units.emplace_back();
    }
    return units;
}

/// The code of a whole character of two to four bytes; 0 for broken UTF-8.
char32_t CodeOf(std::string_view character) {
    const auto first = static_cast<uint8_t>(character[0]);
    const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
    if (size == 0 || size != character.size()) return 0;
    char32_t code = first & (0xFFU >> (size + 1));
    for (const char c : character.substr(1)) code = code << 6 | (static_cast<uint8_t>(c) & 0x3F);
    return code;
}

/// By Unicode's simple mappings, one character to one.
std::string Cased(const std::string& text, bool upper) {
    static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    std::string cased;
    for (const std::string_view character : Characters(text)) {
        if (character.size() == 1) {
            const char c = character[0];
            const bool changes = upper ? c >= 'a' && c <= 'z' : c >= 'A' && c <= 'Z';
            cased += changes ? static_cast<char>(c ^ 0x20) : c;
            continue;
        }
        const char32_t code = CodeOf(character);
        const auto wide = static_cast<wint_t>(code);
        const wint_t mapped = unicode == nullptr || code == 0 ? wide
                              : upper                         ? towupper_l(wide, unicode)
                                                              : towlower_l(wide, unicode);
        if (mapped == wide)
            cased += character;
        else
            cased += DisplayText(Value(Char{static_cast<char32_t>(mapped)}));
    }
    return cased;
}

/// As Java's Character.isWhitespace.
bool IsBlank(std::string_view character) {
    if (character.size() == 1) {
        const char c = character[0];
        return c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1C && c <= 0x1F);
    }
    const char32_t code = CodeOf(character);
    return code == 0x1680 || (code >= 0x2000 && code <= 0x200A && code != 0x2007) ||
           code == 0x2028 || code == 0x2029 || code == 0x205F || code == 0x3000;
}

std::string Joined(const std::vector<std::string_view>& pieces, size_t from, size_t to) {
    std::string text;
    for (size_t i = from; i < to; ++i) text += pieces[i];
    return text;
}

std::string Trimmed(const std::string& text, bool left, bool right) {
    const auto characters = Characters(text);
    size_t begin = 0, end = characters.size();
    while (left && begin < end && IsBlank(characters[begin])) ++begin;
    while (right && begin < end && IsBlank(characters[end - 1])) --end;
    return Joined(characters, begin, end);
}

Result<Value> Length(const Value& value, const Values&) {
    return OfText("length", value,
                  [](const std::string& text) { return static_cast<int32_t>(Units(text).size()); });
}

Result<Value> Concat(const Value& value, const Values& arguments) {
    std::string text;
    bool any = false;
    const auto add = [&](const Value& piece) -> core::Status {
        if (piece.IsNull()) return {};
        if (!piece.Is<std::string>()) {
            return core::Fail(core::Code::kInvalidArgument, "InvalidParameterException",
                              "String concat() can only take string as argument, encountered " +
                                  std::string(TypeName(piece)));
        }
        if (!Append(text, piece.As<std::string>())) return core::Fail(TooLarge());
        any = true;
        return {};
    };
    GYRE_TRY(add(value));
    for (const Value& argument : arguments) GYRE_TRY(add(argument));
    return any ? Value(std::move(text)) : Value();
}

Result<Value> Replace(const Value& value, const Values& arguments) {
    if (arguments.size() != 2) return NotFor("replace", value);
    if (!arguments[0].Is<std::string>() || !arguments[1].Is<std::string>()) {
        return OfText("replace", value, [](const std::string& text) { return text; });
    }
    const std::string& old = arguments[0].As<std::string>();
    const std::string& fresh = arguments[1].As<std::string>();
    if (old.empty() || !value.Is<std::string>()) {
        return OfText("replace", value, [](const std::string& text) { return text; });
    }
    const std::string_view text = value.As<std::string>();
    std::string result;
    size_t at = 0;
    for (size_t found = 0; (found = text.find(old, at)) != std::string_view::npos;) {
        const bool fits = Append(result, text.substr(at, found - at)) && Append(result, fresh);
        if (!fits) return core::Fail(TooLarge());
        at = found + old.size();
    }
    if (!Append(result, text.substr(at))) return core::Fail(TooLarge());
    return Value(std::move(result));
}

Result<Value> Reverse(const Value& value, const Values&) {
    if (value.Is<std::string>()) {
        auto characters = Characters(value.As<std::string>());
        std::ranges::reverse(characters);
        return Value(Joined(characters, 0, characters.size()));
    }
    Values items;
    if (!value.Is<Ptr<graph::Map>>() && ItemsOf(value, items)) {
        std::ranges::reverse(items);
        return MakeList(std::move(items));
    }
    return value;
}

/// The pieces between blanks, of which none is empty; where there are more than kMostItems, the
/// first of them.
Values Words(const std::string& text) {
    Values words;
    std::string word;
    for (const std::string_view one : Characters(text)) {
        if (words.size() > kMostItems) break;
        if (!IsBlank(one)) {
            word += one;
        } else if (!word.empty()) {
            words.emplace_back(std::exchange(word, {}));
        }
    }
    if (!word.empty()) words.emplace_back(std::move(word));
    return words;
}

/// As commons-lang's splitByWholeSeparator: marks that follow each other are one, and what stands
/// before the first or behind the last is a piece, but for nothing before the first.
Result<Value> Split(const Value& value, const Values& arguments) {
    const bool blank = arguments.empty() || arguments[0].IsNull();
    const std::string mark = blank ? "" : DisplayText(arguments[0]);
    if (value.IsNull()) return Value();
    if (!value.Is<std::string>()) return NotFor("split", value);
    const auto& text = value.As<std::string>();
    Values pieces;
    if (blank) {
        pieces = Words(text);
    } else if (mark.empty()) {
        for (const std::string_view one : Characters(text)) {
            if (pieces.size() > kMostItems) break;
            pieces.emplace_back(one);
        }
    } else {
        for (size_t from = 0, to = 0;
             !text.empty() && to != std::string::npos && pieces.size() <= kMostItems;) {
            to = text.find(mark, from);
            if (to != from) pieces.emplace_back(text.substr(from, to - from));
            from = to + mark.size();
        }
    }
    if (pieces.size() > kMostItems) return core::Fail(TooLarge());
    return MakeList(std::move(pieces));
}

Result<Value> Substring(const Value& value, const Values& arguments) {
    for (const Value& argument : arguments) {
        if (!argument.IsNumber()) return NotFor("substring", argument);
    }
    if (arguments.empty()) return NotFor("substring", value);
    return OfText("substring", value, [&](const std::string& text) {
        const auto characters = Units(text);
        const auto size = static_cast<int64_t>(characters.size());
        const auto place = [&](const Value& argument) {
            const int64_t at = ToInt64(argument);
            return std::clamp<int64_t>(at < 0 ? size + at : at, 0, size);
        };
        const int64_t from = place(arguments[0]);
        const int64_t to = arguments.size() > 1 ? place(arguments[1]) : size;
        if (from >= to) return std::string();
        return Joined(characters, static_cast<size_t>(from), static_cast<size_t>(to));
    });
}

template <bool left, bool right>
Result<Value> Trim(const Value& value, const Values&) {
    return OfText(left && right ? "trim"
                  : left        ? "lTrim"
                                : "rTrim",
                  value, [](const std::string& text) { return Trimmed(text, left, right); });
}
template <bool upper>
Result<Value> Case(const Value& value, const Values&) {
    return OfText(upper ? "toUpper" : "toLower", value,
                  [](const std::string& text) { return Cased(text, upper); });
}

}  // namespace

Function TextFunction(std::string_view name) {
    static const std::map<std::string_view, Function> kFunctions = {
        {"length", Length},           {"concat", Concat},
        {"toUpper", Case<true>},      {"toLower", Case<false>},
        {"trim", Trim<true, true>},   {"lTrim", Trim<true, false>},
        {"rTrim", Trim<false, true>}, {"replace", Replace},
        {"reverse", Reverse},         {"split", Split},
        {"substring", Substring},
    };
    const auto found = kFunctions.find(name);
    return found == kFunctions.end() ? nullptr : found->second;
}

}  // namespace gyre::graph::exec
