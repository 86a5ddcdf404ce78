#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "access/audit_log.h"
#include "access/identity.h"
#include "access/policy.h"
#include "core/clock.h"
#include "core/metrics.h"
#include "core/worker_pool.h"
#include "net/exchange.h"
#include "wire/action.h"

namespace gyre::access {

/// Decides whether a caller may do something. Thread-safe, and fast enough for an io thread: works
/// on policies parsed beforehand.
class Authoriser {
  public:
    virtual ~Authoriser() = default;
    /// The root user is always allowed. `context` holds the request's keys ("aws:SourceIp"…); the
    /// implementation adds those of the principal.
    [[nodiscard]] virtual Decision Authorise(const Credential& credential,
                                             const std::string& action, const std::string& resource,
                                             ConditionContext context) const = 0;
    /// Whether that may ask a database, for tags of the resource: then not on an io thread.
    [[nodiscard]] virtual bool MayWait(const Credential& credential) const {
        static_cast<void>(credential);
        return false;
    }
};

struct GateOptions {
    std::string region = "us-east-1";
    const wire::ActionTable* actions = nullptr;
    const CredentialSource* credentials = nullptr;
    const Authoriser* authoriser = nullptr;
    core::WorkerPool* pool = nullptr;  ///< runs document and stream actions
    const core::Clock* clock = nullptr;
    core::MetricsRegistry* metrics = nullptr;
    AuditLog* audit = nullptr;  ///< null: decisions go to the program's own log
    /// Requests without a signature, by exact path: "/ping", "/metrics". A signed request for the
    /// same path is an API's.
    std::map<std::string, net::Handler, std::less<>> public_paths;
};

/// The front door: every request of an API comes through it, is recognised, permitted, checked
/// against its operation's model, and handed to its action. Decisions go to the audit log, naming
/// the deciding statement. An action without a permission is open to every recognised caller
/// (GetCallerIdentity), or decides itself (AssumeRole). Buffered actions run on the io thread from
/// end to end, but where the Authoriser may wait. All that `options` points at outlives the handler
/// and what it began.
[[nodiscard]] net::Handler MakeGate(GateOptions options);

}  // namespace gyre::access
