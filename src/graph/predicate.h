#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.h"
#include "graph/value.h"

namespace re2 {
class RE2;
}

namespace gyre::graph {

/// P and TextP: a test of a value. inside, outside and between are made of these.
struct Predicate {
    enum class Op : uint8_t {
        kEq,
        kNeq,
        kLt,
        kLte,
        kGt,
        kGte,
        kWithin,
        kWithout,
        kStartingWith,
        kNotStartingWith,
        kEndingWith,
        kNotEndingWith,
        kContaining,
        kNotContaining,
        kRegex,
        kNotRegex,
        kTypeOf,
        kNotTypeOf,
        kAnd,
        kOr,
    };
    Op op = Op::kEq;
    Values values;                                     ///< one, or the list of within and without
    std::vector<std::shared_ptr<Predicate>> children;  ///< of and, or
    std::shared_ptr<re2::RE2> regex;                   ///< compiled, of regex and notRegex

    [[nodiscard]] bool Test(const Value& value) const;
    /// Whether it is one of TextP's, or equality with a text: then TestText is Test of a text. Any
    /// thread may call it.
    [[nodiscard]] bool TestsTexts() const;
    [[nodiscard]] bool TestText(std::string_view text) const;
    /// Whether there is an answer: NaN, and values of unlike types, are in no order. Then neither
    /// the predicate nor its negation holds.
    [[nodiscard]] bool Decides(const Value& value) const;
    [[nodiscard]] std::shared_ptr<Predicate> Negated() const;
    /// "eq", "startingWith"…
    [[nodiscard]] std::string_view Name() const;
};

/// P.name(arguments…). Errors: kInvalidArgument for an unknown name, a wrong number of arguments or
/// a broken regular expression; kUnimplemented does not occur.
[[nodiscard]] core::Result<std::shared_ptr<Predicate>> MakePredicate(std::string_view name,
                                                                     Values arguments);
/// Whether it asks what is before or after.
[[nodiscard]] constexpr bool IsOrder(Predicate::Op op) {
    using Op = Predicate::Op;
    return op == Op::kLt || op == Op::kLte || op == Op::kGt || op == Op::kGte;
}
/// Whether some predicate has that name.
[[nodiscard]] bool IsPredicateName(std::string_view name);
[[nodiscard]] std::shared_ptr<Predicate> EqualTo(Value value);

}  // namespace gyre::graph
