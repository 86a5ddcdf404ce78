#pragma once

#include "core/json.h"
#include "core/result.h"

namespace gyre::objects::detail {

/// Refuses members of an input that ask for what is not built and would change what the request
/// means: keys for encryption, ACLs, object lock, other storage classes. What stock clients send by
/// default and what means nothing here passes: encryption at rest with the service's own key (the
/// object is kept unencrypted, and no answer says otherwise), "private" as an ACL. Errors:
/// NotImplemented (501), AccessControlListNotSupported, InvalidStorageClass.
[[nodiscard]] core::Status CheckServed(const core::Json& input);

}  // namespace gyre::objects::detail
