#pragma once

#include <functional>
#include <string>

#include "access/audit_log.h"
#include "access/identity_store.h"
#include "core/result.h"
#include "wire/action.h"

namespace gyre::server {

/// Asks for a permission beyond the one that the gate checked, on the caller's behalf, with a line
/// in the audit. Errors: kPermissionDenied "AccessDenied". Both outlive the function.
[[nodiscard]] std::function<core::Status(const wire::CallContext&, const std::string& permission,
                                         const std::string& resource)>
FurtherPermission(const access::IdentityStore& identities, access::AuditLog& audit);

}  // namespace gyre::server
