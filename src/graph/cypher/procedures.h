#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/guarded.h"
#include "core/result.h"
#include "graph/plan/procedure.h"

namespace gyre::graph::cypher {

using ProcedurePtr = std::shared_ptr<const plan::Procedure>;

/// The procedures that a query may CALL: those of this program, and tables that somebody declared.
/// Thread-safe.
class Procedures {
  public:
    /// Null for an unknown name.
    [[nodiscard]] ProcedurePtr Find(const std::string& name) const;
    /// In place of one of that name. Errors: kInvalidArgument where the name is this program's own.
    [[nodiscard]] core::Status Declare(plan::Procedure procedure);
    /// False when there is none that was declared.
    bool Forget(const std::string& name);
    /// Those that were declared, by name.
    [[nodiscard]] std::vector<ProcedurePtr> Declared() const;

  private:
    core::Guarded<std::map<std::string, ProcedurePtr>> declared_;
};

/// "test.my.proc(name :: STRING?, id :: INTEGER?) :: (city :: STRING?)" without rows. Types are
/// STRING, INTEGER, FLOAT, NUMBER, BOOLEAN, LIST, MAP and ANY; '?' may be there or not. Errors:
/// kInvalidArgument with what was expected.
[[nodiscard]] core::Result<plan::Procedure> ParseSignature(std::string_view text);
/// As ParseSignature reads it.
[[nodiscard]] std::string SignatureText(const plan::Procedure& procedure);

}  // namespace gyre::graph::cypher
