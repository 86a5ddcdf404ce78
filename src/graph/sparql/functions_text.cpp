// Functions on strings ("SPARQL 1.1 Query Language", 17.4.3). Positions count characters.
#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "graph/exec/functions.h"
#include "graph/sparql/functions.h"
#include "graph/sparql/run.h"

namespace gyre::graph::sparql {
namespace {

using Arguments = std::span<const Value>;

size_t Characters(std::string_view text) {
    size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
    return count;
}

/// Where the character of that number begins, or the end.
size_t ByteOf(std::string_view text, size_t character) {
    size_t at = 0;
    while (at < text.size() && character > 0) {
        ++at;
        while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) ++at;
        --character;
    }
    return at;
}

/// "Argument compatibility rules", 17.4.3.1.2.
bool Compatible(const Value& a, const Value& b) {
    if (!a.IsText() || !b.IsText()) return false;
    return b.tag.empty() || a.tag == b.tag;
}

Value Strlen(Run&, Arguments a) {
    return a[0].IsText() ? IntegerValue(static_cast<int64_t>(Characters(a[0].text))) : Value();
}

Value Substr(Run&, Arguments a) {
    if (!a[0].IsText() || !a[1].IsNumber() || (a.size() > 2 && !a[2].IsNumber())) return {};
    // From 1; what lies before the text takes from the length (XPath's fn:substring).
    const double length = static_cast<double>(Characters(a[0].text));
    const auto rounded = [](double real) { return std::floor(real + 0.5); };
    const double begin = rounded(a[1].Real());
    const double end = a.size() > 2 ? begin + rounded(a[2].Real()) : length + 1;
    const double first = std::max(begin, 1.0), last = std::min(end, length + 1);
    if (!(first < last)) return StringLike("", a[0]);
    const size_t from = ByteOf(a[0].text, static_cast<size_t>(first) - 1);
    const size_t to = ByteOf(a[0].text, static_cast<size_t>(last) - 1);
    return StringLike(a[0].text.substr(from, to - from), a[0]);
}

Value Cased(const Value& value, std::string_view how) {
    if (!value.IsText()) return {};
    const auto cased = exec::TextFunction(how)(graph::Value(value.text), {});
    return cased ? StringLike(cased->As<std::string>(), value) : Value();
}

Value Ucase(Run&, Arguments a) {
    return Cased(a[0], "toUpper");
}

Value Lcase(Run&, Arguments a) {
    return Cased(a[0], "toLower");
}

Value StrStarts(Run&, Arguments a) {
    return Compatible(a[0], a[1]) ? BooleanValue(a[0].text.starts_with(a[1].text)) : Value();
}

Value StrEnds(Run&, Arguments a) {
    return Compatible(a[0], a[1]) ? BooleanValue(a[0].text.ends_with(a[1].text)) : Value();
}

Value Contains(Run&, Arguments a) {
    if (!Compatible(a[0], a[1])) return {};
    return BooleanValue(a[0].text.find(a[1].text) != std::string::npos);
}

Value StrBefore(Run&, Arguments a) {
    if (!Compatible(a[0], a[1])) return {};
    const size_t at = a[0].text.find(a[1].text);
    if (at == std::string::npos) return StringValue("");
    return StringLike(a[0].text.substr(0, at), a[0]);
}

Value StrAfter(Run&, Arguments a) {
    if (!Compatible(a[0], a[1])) return {};
    const size_t at = a[0].text.find(a[1].text);
    if (at == std::string::npos) return StringValue("");
    return StringLike(a[0].text.substr(at + a[1].text.size()), a[0]);
}

Value EncodeForUri(Run& run, Arguments a) {
    if (!a[0].IsText()) return {};
    static constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string text;
    for (const char c : a[0].text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("-_.~").find(c) != std::string_view::npos;
        if (plain) {
            text += c;
        } else {
            text += {'%', kHex[byte >> 4], kHex[byte & 0xF]};
        }
    }
    if (text.size() > exec::kMostBytes) run.budget.Fail(exec::TooLarge());
    return StringValue(std::move(text));
}

Value Concat(Run& run, Arguments a) {
    std::string text;
    bool alike = !a.empty();
    for (const Value& one : a) {
        if (!one.IsText()) return {};
        alike = alike && one.kind == a[0].kind && one.tag == a[0].tag;
        if (!exec::Append(text, one.text)) {
            run.budget.Fail(exec::TooLarge());
            return {};
        }
    }
    return alike ? StringLike(std::move(text), a[0]) : StringValue(std::move(text));
}

constexpr std::array<Function, 11> kTextFunctions = {{{"STRLEN", 1, 1, Strlen},
                                                      {"SUBSTR", 2, 3, Substr},
                                                      {"UCASE", 1, 1, Ucase},
                                                      {"LCASE", 1, 1, Lcase},
                                                      {"STRSTARTS", 2, 2, StrStarts},
                                                      {"STRENDS", 2, 2, StrEnds},
                                                      {"CONTAINS", 2, 2, Contains},
                                                      {"STRBEFORE", 2, 2, StrBefore},
                                                      {"STRAFTER", 2, 2, StrAfter},
                                                      {"ENCODE_FOR_URI", 1, 1, EncodeForUri},
                                                      {"CONCAT", 0, SIZE_MAX, Concat}}};

}  // namespace

std::span<const Function> TextFunctions() {
    return kTextFunctions;
}

}  // namespace gyre::graph::sparql
