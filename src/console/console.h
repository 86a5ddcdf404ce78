#pragma once

#include <string>

#include "access/audit_log.h"
#include "access/identity.h"
#include "console/session_store.h"
#include "core/clock.h"
#include "net/exchange.h"

namespace gyre::console {

struct ConsoleOptions {
    net::Handler gate;  ///< where signed calls go, a session's among them
    const access::CredentialSource* credentials = nullptr;
    access::AuditLog* audit = nullptr;
    const core::Clock* clock = nullptr;
    std::string region = "us-east-1";
    SessionLimits limits{};
};

/// The console before the gate: pages and sessions at `/` (for browsers that sign nothing) and
/// below
/// `/-/`; what it does not claim goes on to the gate. Nothing here blocks. All that `options`
/// points at outlives the handler.
[[nodiscard]] net::Handler MakeConsole(ConsoleOptions options);

}  // namespace gyre::console
