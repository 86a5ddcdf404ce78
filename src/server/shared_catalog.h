#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/clock.h"
#include "core/config.h"
#include "core/result.h"
#include "db/database.h"
#include "jobs/leases.h"
#include "server/root_credentials.h"

namespace gyre::server {

/// The database that `catalog.database` names, which other servers may share; null where it names
/// none: the catalog is in the data folder then.
[[nodiscard]] core::Result<std::unique_ptr<db::Database>> ConnectCatalog(
    const core::Config& config);

/// This server among those that share the database. `data`: its data folder, which gets an id of
/// its own at the first start; `objects`: where its objects are, "" for that folder.
[[nodiscard]] core::Result<std::unique_ptr<jobs::Leases>> JoinServers(
    const core::Config& config, db::Database& database, const core::Clock& clock,
    const std::filesystem::path& data, const std::string& objects);

/// The root credentials of all servers over the database: those of the first, which each writes
/// into its own `file`. Where the environment gives some, those.
[[nodiscard]] core::Result<RootCredentials> SharedRootCredentials(
    db::Database& database, const std::filesystem::path& file);

}  // namespace gyre::server
