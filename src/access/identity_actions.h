#pragma once

#include "access/audit_log.h"
#include "access/identity_store.h"
#include "wire/action.h"

namespace gyre::access {

/// STS: GetCallerIdentity, AssumeRole. IAM: users, access keys and roles with their inline
/// policies, and SimulatePrincipalPolicy. What would loosen or tighten permissions and is not built
/// (managed policies, boundaries, session tags, MFA) is refused, never passed over. AssumeRole's
/// decisions go to `audit` where it is given. All that is passed outlives the table's use.
void AddIdentityActions(wire::ActionTable& actions, IdentityStore& store,
                        AuditLog* audit = nullptr);

}  // namespace gyre::access
