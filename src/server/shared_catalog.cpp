#include "server/shared_catalog.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "core/digest.h"
#include "core/file_system.h"

namespace gyre::server {
namespace {

using core::Result;
using core::Status;

const std::vector<db::Migration> kRootTable = {
    {1, "root",
     "CREATE TABLE server_root (id BIGINT PRIMARY KEY, access_key_id TEXT NOT NULL, "
     "secret TEXT NOT NULL);"}};

std::string HostName() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

/// Made once, so that a server that starts again is known to be the one that ended.
Result<std::string> FolderId(const std::filesystem::path& data) {
    const std::filesystem::path file = data / "server_id";
    auto text = core::ReadFile(core::RealFileSystem(), file);
    if (!text && text.error().code != core::Code::kNotFound) return text;
    if (text && !text->empty()) return text->substr(0, text->find('\n'));
    std::string id = core::RandomUuid();
    GYRE_TRY(core::WriteFileAtomically(core::RealFileSystem(), file, id + "\n"));
    return id;
}

}  // namespace

Result<std::unique_ptr<db::Database>> ConnectCatalog(const core::Config& config) {
    const std::string where = config.GetString("catalog.database");
    if (where.empty()) return std::unique_ptr<db::Database>();
    auto database = db::Database::Connect(where);
    if (!database) return core::Fail(std::move(database.error()).In("catalog.database"));
    return database;
}

Result<std::unique_ptr<jobs::Leases>> JoinServers(const core::Config& config,
                                                  db::Database& database, const core::Clock& clock,
                                                  const std::filesystem::path& data,
                                                  const std::string& objects) {
    jobs::Leases::Options options;
    GYRE_ASSIGN(options.folder, FolderId(data));
    const std::string place = HostName() + ":" + data.string();
    options.address = place + " (" + config.GetString("listen") + ")";
    options.objects = objects.empty() ? place : objects;
    options.lifetime = core::seconds(std::max<int64_t>(1, config.GetInt("catalog.lease_s")));
    return jobs::Leases::Open(database, clock, std::move(options));
}

Result<RootCredentials> SharedRootCredentials(db::Database& database,
                                              const std::filesystem::path& file) {
    if (std::getenv("GYRE_ACCESS_KEY_ID") != nullptr) return FindRootCredentials(file);
    GYRE_TRY(database.Migrate("server", kRootTable));
    RootCredentials root;
    const auto write = [&](db::Transaction& transaction) -> Status {
        GYRE_ASSIGN(auto row,
                    transaction.QueryOne("SELECT access_key_id, secret FROM server_root"));
        if (row) {
            root = {row->TakeText(0), row->TakeText(1)};
            return {};
        }
        GYRE_ASSIGN(root, FindRootCredentials(file));
        GYRE_TRY(transaction.Execute(
            "INSERT INTO server_root (id, access_key_id, secret) VALUES (1, ?, ?)",
            {root.access_key_id, root.secret_access_key}));
        return {};
    };
    GYRE_TRY(database.Write(write));
    GYRE_TRY(KeepRootCredentials(file, root));
    return root;
}

}  // namespace gyre::server
