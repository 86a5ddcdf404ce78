#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "access/principal.h"
#include "core/result.h"
#include "db/database.h"

namespace gyre::access::detail {

/// The identities' tables; nothing but SQL.
[[nodiscard]] const std::vector<db::Migration>& IdentityMigrations();

/// What makes two names the same: lower case.
[[nodiscard]] std::string NameKey(std::string_view name);

[[nodiscard]] core::Status InsertPrincipal(db::Transaction& transaction,
                                           const Principal& principal);
/// Its document and policies; the rest never changes.
[[nodiscard]] core::Status UpdatePrincipal(db::Transaction& transaction,
                                           const Principal& principal);
[[nodiscard]] core::Status DeletePrincipal(db::Transaction& transaction,
                                           const Principal& principal);
/// ARNs are left empty.
[[nodiscard]] core::Result<std::vector<Principal>> ReadPrincipals(db::Transaction& transaction);

[[nodiscard]] core::Status PutKey(db::Transaction& transaction, const AccessKey& key);
[[nodiscard]] core::Status DeleteKey(db::Transaction& transaction, std::string_view id);
[[nodiscard]] core::Result<std::vector<AccessKey>> ReadKeys(db::Transaction& transaction);

[[nodiscard]] core::Status InsertSession(db::Transaction& transaction, const Session& session);
[[nodiscard]] core::Status DeleteSessionsBefore(db::Transaction& transaction, core::WallTime time);
[[nodiscard]] core::Result<std::vector<Session>> ReadSessions(db::Transaction& transaction);

}  // namespace gyre::access::detail
