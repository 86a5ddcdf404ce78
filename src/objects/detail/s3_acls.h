#pragma once

#include "core/json.h"
#include "objects/acl.h"
#include "objects/detail/s3_action_groups.h"

namespace gyre::objects::detail {

/// The access control list that a request puts on what it makes; kPrivate where it names none.
/// Errors: AccessControlListNotSupported, AccessDenied and NotImplemented by the rules;
/// InvalidArgument.
[[nodiscard]] core::Result<Acl> AskedAcl(const AclRules& rules, const core::Json& input);

/// The same for a new object in the bucket. One that opens it wants a permission of its own.
[[nodiscard]] core::Result<Acl> AclForObject(const S3Room& room, const wire::CallContext& context,
                                             const core::Json& input, const std::string& bucket,
                                             const std::string& key);

/// The setting that says so; none for what holds without one.
[[nodiscard]] std::optional<std::string> SettingOf(Acl acl);
[[nodiscard]] std::optional<std::string> SettingOf(Ownership ownership);

}  // namespace gyre::objects::detail
