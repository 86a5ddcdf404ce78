#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "graph/rdf/term.h"

namespace gyre::graph::rdf {

/// A term as a number: its kind in the lowest four bits, above them a number of the dictionary, or
/// the value itself. Terms are the same exactly when their ids are.
using TermId = uint64_t;
inline constexpr TermId kNoTerm = 0;  ///< unbound, or any

enum class Tag : uint8_t {
    kNone = 0,
    kIri = 1,
    kBlank = 2,    ///< only a number
    kLiteral = 3,  ///< of the dictionary
    kInteger = 4,  ///< an xsd:integer in its canonical form; zigzag
    kBoolean = 5,  ///< "false" or "true"
    // Of one query's own terms, which no quad has.
    kOwnIri = 8,
    kOwnBlank = 9,
    kOwnLiteral = 10,
};

constexpr TermId MakeId(Tag tag, uint64_t number) {
    return number << 4 | static_cast<uint64_t>(tag);
}
constexpr Tag TagOf(TermId id) {
    return static_cast<Tag>(id & 0xF);
}
constexpr uint64_t NumberOf(TermId id) {
    return id >> 4;
}
constexpr bool IsIri(TermId id) {
    return TagOf(id) == Tag::kIri || TagOf(id) == Tag::kOwnIri;
}
constexpr bool IsBlank(TermId id) {
    return TagOf(id) == Tag::kBlank || TagOf(id) == Tag::kOwnBlank;
}
constexpr bool IsLiteral(TermId id) {
    return id != kNoTerm && !IsIri(id) && !IsBlank(id);
}
constexpr bool IsOwn(TermId id) {
    return TagOf(id) >= Tag::kOwnIri;
}

constexpr int64_t kMostInline = (int64_t{1} << 58) - 1;
/// Of a number that fits.
constexpr TermId IntegerId(int64_t value) {
    return MakeId(Tag::kInteger,
                  (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}
constexpr int64_t IntegerOf(TermId id) {
    const uint64_t bits = NumberOf(id);
    return static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
}
constexpr TermId BooleanId(bool value) {
    return MakeId(Tag::kBoolean, value ? 1 : 0);
}

/// The id of a term that is its own value.
inline std::optional<TermId> InlineId(const Term& term) {
    if (!term.IsLiteral() || term.datatype.empty()) return std::nullopt;
    const std::string& text = term.text;
    if (term.datatype == kXsdBoolean && (text == "true" || text == "false")) {
        return BooleanId(text == "true");
    }
    if (term.datatype != kXsdInteger || text.empty() || text.size() > 19) return std::nullopt;
    const size_t digits = text.front() == '-' ? 1 : 0;
    if (text.size() == digits || (text[digits] == '0' && text.size() > 1)) return std::nullopt;
    int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    if (!whole || value > kMostInline || value < -kMostInline) return std::nullopt;
    return IntegerId(value);
}
/// The term of an id that is its own value, or a blank node's number.
inline std::optional<Term> InlineTerm(TermId id) {
    switch (TagOf(id)) {
        case Tag::kInteger:
            return Literal(std::to_string(IntegerOf(id)), kXsdInteger);
        case Tag::kBoolean:
            return Literal(NumberOf(id) != 0 ? "true" : "false", kXsdBoolean);
        case Tag::kBlank:
            return Blank("b" + std::to_string(NumberOf(id)));
        case Tag::kOwnBlank:
            return Blank("q" + std::to_string(NumberOf(id)));
        default:
            return std::nullopt;
    }
}

}  // namespace gyre::graph::rdf
