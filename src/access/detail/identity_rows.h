#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "access/managed_policy.h"
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
/// A user's keys go with it.
[[nodiscard]] core::Status RenamePrincipal(db::Transaction& transaction, const Principal& from,
                                           const Principal& to);
/// Its document; the rest never changes but by renaming.
[[nodiscard]] core::Status UpdatePrincipal(db::Transaction& transaction,
                                           const Principal& principal);
[[nodiscard]] core::Status DeletePrincipal(db::Transaction& transaction,
                                           const Principal& principal);
/// ARNs are left empty.
[[nodiscard]] core::Result<std::vector<Principal>> ReadPrincipals(db::Transaction& transaction);

[[nodiscard]] core::Status PutManagedPolicy(db::Transaction& transaction,
                                            const ManagedPolicy& policy);
[[nodiscard]] core::Status DeleteManagedPolicy(db::Transaction& transaction, std::string_view arn);
[[nodiscard]] core::Result<std::vector<ManagedPolicy>> ReadManagedPolicies(
    db::Transaction& transaction);

/// When a key or a role (by its id) was last used.
[[nodiscard]] core::Status PutUse(db::Transaction& transaction, const std::string& subject,
                                  const LastUse& use);
[[nodiscard]] core::Result<std::map<std::string, LastUse>> ReadUses(db::Transaction& transaction);

[[nodiscard]] core::Status PutKey(db::Transaction& transaction, const AccessKey& key);
[[nodiscard]] core::Status DeleteKey(db::Transaction& transaction, std::string_view id);
[[nodiscard]] core::Result<std::vector<AccessKey>> ReadKeys(db::Transaction& transaction);

[[nodiscard]] core::Status InsertSession(db::Transaction& transaction, const Session& session);
[[nodiscard]] core::Status DeleteSessionsBefore(db::Transaction& transaction, core::WallTime time);
/// All of them, or the one of that access key.
[[nodiscard]] core::Result<std::vector<Session>> ReadSessions(
    db::Transaction& transaction, const std::string& access_key_id = {});

/// How often identities were changed.
[[nodiscard]] core::Result<int64_t> ReadRevision(db::Transaction& transaction);
/// Counts one more; false where the number is not `expected`.
[[nodiscard]] core::Result<bool> CountRevision(db::Transaction& transaction, int64_t expected);

}  // namespace gyre::access::detail
