#pragma once

#include <string>

#include "core/result.h"

namespace gyre::graph::bolt {

/// Neo4j's status code for an error, by which drivers choose an exception and whether to try again:
/// "Neo.ClientError.Statement.SyntaxError".
[[nodiscard]] std::string FailureCode(const core::Error& error);

}  // namespace gyre::graph::bolt
