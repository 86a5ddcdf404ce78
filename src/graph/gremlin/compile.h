#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/result.h"
#include "graph/plan/step.h"
#include "graph/value.h"

namespace gyre::graph::gremlin {

/// What a traversal means, as a plan. Errors: kInvalidArgument (a step that does not exist,
/// arguments that it does not take), kUnimplemented "UnsupportedOperationException" (a step of
/// Gremlin that is not built). Their detail "at" is the offset of the step in its script.
[[nodiscard]] core::Result<plan::Query> Compile(const Bytecode& bytecode, const Rules& rules = {});

/// What the rules make of a traversal, each rule's name with what it left.
struct Explanation {
    std::string original;
    std::vector<std::pair<std::string, std::string>> rules;
    [[nodiscard]] const std::string& Final() const {
        return rules.empty() ? original : rules.back().second;
    }
};
/// Errors: as Compile's.
[[nodiscard]] core::Result<Explanation> Explain(const Bytecode& bytecode, const Rules& rules = {});
/// As a table, a line a rule.
[[nodiscard]] std::string ExplanationText(const Explanation& explanation);

}  // namespace gyre::graph::gremlin
