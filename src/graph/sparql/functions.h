#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "graph/sparql/value.h"

namespace gyre::graph::sparql {

class Run;

/// A function of the language, or a cast: what it is called, and with how many arguments.
struct Function {
    std::string_view name;  ///< upper-case; of a cast its IRI
    size_t least = 0, most = 0;
    /// An error's value for an error. None of the arguments is one.
    Value (*apply)(Run& run, std::span<const Value> arguments) = nullptr;
};

/// By its name in any case; null where there is none.
[[nodiscard]] const Function* FindFunction(std::string_view name);
/// By its IRI: the casts to XML Schema's types.
[[nodiscard]] const Function* FindCast(std::string_view iri);

// The functions of each file.
[[nodiscard]] std::span<const Function> TextFunctions();
[[nodiscard]] std::span<const Function> PatternFunctions();
[[nodiscard]] std::span<const Function> NumberFunctions();
[[nodiscard]] std::span<const Function> TimeFunctions();
[[nodiscard]] std::span<const Function> TermFunctions();
[[nodiscard]] std::span<const Function> Casts();

}  // namespace gyre::graph::sparql
