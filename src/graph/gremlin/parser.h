#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "graph/value.h"

namespace gyre::graph::gremlin {

/// What ends a statement and says which of its results are wanted.
enum class Terminal : uint8_t {
    kAll,
    kSet,
    kNext,
    kNextSome,
    kHasNext,
    kTryNext,
    kIterate,
    kExplain,
    kProfile
};
struct Statement {
    std::string source = "g";  ///< the name of the traversal source
    Bytecode traversal;
    Terminal terminal = Terminal::kAll;
    int64_t count = 0;        ///< of kNextSome
    std::string transaction;  ///< "commit" or "rollback" of g.tx(), else ""
};

/// A script's statements by TinkerPop 3.7's grammar: one call chain each, separated by ';' or a new
/// line. A name that is no part of the language is one of `bindings`. Hand-written: the language is
/// one rule, a chain of calls whose arguments are literals, enumerations, predicates or anonymous
/// traversals; which arguments a step takes is the plan's to say. Errors: kInvalidArgument,
/// "MalformedQueryException", with line, column and what was expected.
[[nodiscard]] core::Result<std::vector<Statement>> ParseScript(std::string_view script,
                                                               const Map& bindings);

}  // namespace gyre::graph::gremlin
