#include <algorithm>
#include <atomic>

#include "catalog/catalog.h"
#include "catalog/detail/change_feed.h"
#include "catalog/detail/list_sql.h"
#include "core/log.h"
#include "db/database.h"

namespace gyre::catalog {
namespace {

using core::Code;
using core::Result;
using core::Status;
using db::Transaction;

// resource_states repeats the indexed status members with what lists sort by.
const std::vector<db::Migration> kMigrations = {{1, "resources", R"(
CREATE TABLE resources (
    kind TEXT NOT NULL, name TEXT NOT NULL, arn TEXT, document TEXT NOT NULL,
    status TEXT NOT NULL, version BIGINT NOT NULL, created BIGINT NOT NULL,
    modified BIGINT NOT NULL, PRIMARY KEY (kind, name));
CREATE UNIQUE INDEX resources_arn ON resources (arn);
CREATE INDEX resources_created ON resources (kind, created, name);
CREATE INDEX resources_modified ON resources (kind, modified, name);
CREATE TABLE resource_states (
    kind TEXT NOT NULL, name TEXT NOT NULL, member TEXT NOT NULL, value TEXT NOT NULL,
    created BIGINT NOT NULL, modified BIGINT NOT NULL, PRIMARY KEY (kind, name, member));
CREATE INDEX resource_states_name ON resource_states (kind, member, value, name);
CREATE INDEX resource_states_created ON resource_states (kind, member, value, created, name);
CREATE INDEX resource_states_modified ON resource_states (kind, member, value, modified, name);
CREATE TABLE resource_tags (
    arn TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, name));
)"}};

constexpr size_t kLongestState = 256;
constexpr auto kChannel = "catalog";

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime Time(int64_t milliseconds) {
    return core::WallTime(core::milliseconds(milliseconds));
}

db::Value ArnValue(const std::string& arn) {
    return arn.empty() ? db::Value() : db::Value(arn);
}

Result<Resource> ResourceOf(db::Row& row) {
    Resource resource;
    resource.kind = row.TakeText(0);
    resource.name = row.TakeText(1);
    if (!row.IsNull(2)) resource.arn = row.TakeText(2);
    auto document = core::ParseStoredJson(row.Text(3));
    auto status = core::ParseStoredJson(row.Text(4));
    if (!document || !status) {
        return core::Fail(Code::kDataLoss,
                          "the stored " + resource.kind + " " + resource.name + " is damaged");
    }
    resource.document = std::move(*document);
    resource.status = std::move(*status);
    resource.version = row.Int(5);
    resource.created = Time(row.Int(6));
    resource.modified = Time(row.Int(7));
    return resource;
}

Result<Resource> ReadOne(Transaction& transaction, const std::string& condition,
                         const db::Parameters& parameters, std::string_view what) {
    GYRE_ASSIGN(auto row, transaction.QueryOne(std::string("SELECT ") + detail::kResourceColumns +
                                                   " FROM resources r WHERE " + condition,
                                               parameters));
    if (!row) return core::Fail(Code::kNotFound, "there is no " + std::string(what));
    return ResourceOf(*row);
}

Result<Resource> ReadNamed(Transaction& transaction, const Kind& kind, std::string_view name) {
    return ReadOne(transaction, "r.kind = ? AND r.name = ?", {kind, name},
                   kind + " named " + std::string(name));
}

Status WriteStates(Transaction& transaction, const Resource& resource) {
    if (!resource.status.is_object()) return {};
    for (const auto& [member, value] : resource.status.get_object()) {
        if (!detail::IsIndexedStatus(member) || !value.is_string()) continue;
        if (value.get_string().size() > kLongestState) continue;
        GYRE_TRY(transaction.Execute(
            "INSERT INTO resource_states VALUES (?, ?, ?, ?, ?, ?)",
            {resource.kind, resource.name, std::string(member), std::string(value.get_string()),
             Milliseconds(resource.created), Milliseconds(resource.modified)}));
    }
    return {};
}

Status RemoveStates(Transaction& transaction, const Kind& kind, std::string_view name) {
    GYRE_TRY(transaction.Execute("DELETE FROM resource_states WHERE kind = ? AND name = ?",
                                 {kind, name}));
    return {};
}

Status WriteTags(Transaction& transaction, std::string_view arn, const Tags& tags) {
    for (const auto& [name, value] : tags) {
        GYRE_TRY(
            transaction.Execute("INSERT INTO resource_tags VALUES (?, ?, ?) "
                                "ON CONFLICT (arn, name) DO UPDATE SET value = excluded.value",
                                {arn, name, value}));
    }
    return {};
}

/// What other programs over the database are told of a change.
std::string Announcement(const Change& change) {
    return core::JsonText(core::JsonArray{static_cast<int>(change.what), change.kind, change.name});
}

std::optional<Change> ReadAnnouncement(std::string_view text) {
    const auto json = core::ParseJson(text);
    if (!json || !json->is_array() || json->get_array().size() != 3) return std::nullopt;
    const core::JsonArray& parts = json->get_array();
    if (!parts[0].is_int64() || !parts[1].is_string() || !parts[2].is_string()) {
        return std::nullopt;
    }
    return Change{0, Kind(parts[1].get_string()), std::string(parts[2].get_string()),
                  static_cast<Change::What>(parts[0].get_int64())};
}

class DatabaseCatalog final : public Catalog {
  public:
    DatabaseCatalog(db::Database& database, const core::Clock& clock)
        : database_(database), clock_(clock) {
        listening_ = database_.Listen(kChannel, [this](const std::optional<std::string>& message) {
            if (!message) return TellOfAll();
            if (auto change = ReadAnnouncement(*message)) Tell(std::move(*change));
        });
    }

    Result<Resource> Create(Resource resource, Tags tags) override {
        GYRE_CHECK(!resource.arn.empty() || tags.empty());
        resource.version = 1;
        resource.created = resource.modified = clock_.WallNow();
        if (resource.document.is_null()) resource.document = core::JsonObject();
        if (resource.status.is_null()) resource.status = core::JsonObject();
        const Status written = Write(Change::What::kCreated, resource.kind, resource.name,
                                     [&](Transaction& transaction) -> Result<bool> {
                                         GYRE_TRY(Insert(transaction, resource));
                                         GYRE_TRY(WriteStates(transaction, resource));
                                         GYRE_TRY(WriteTags(transaction, resource.arn, tags));
                                         return true;
                                     });
        if (!written) return core::Fail(written.error());
        return resource;
    }

    Result<Resource> Get(const Kind& kind, std::string_view name) const override {
        return Read<Resource>(
            [&](Transaction& transaction) { return ReadNamed(transaction, kind, name); });
    }

    Result<Resource> Update(const Kind& kind, std::string_view name,
                            const std::function<Status(Resource&)>& change) override {
        Resource resource;
        const Status written = Write(
            Change::What::kUpdated, kind, name, [&](Transaction& transaction) -> Result<bool> {
                GYRE_ASSIGN(resource, ReadNamed(transaction, kind, name));
                Resource changed = resource;
                GYRE_TRY(change(changed));
                if (changed.document == resource.document && changed.status == resource.status) {
                    return false;
                }
                resource.document = std::move(changed.document);
                resource.status = std::move(changed.status);
                ++resource.version;
                resource.modified = clock_.WallNow();
                GYRE_TRY(Overwrite(transaction, resource));
                return true;
            });
        if (!written) return core::Fail(written.error());
        return resource;
    }

    Status Delete(const Kind& kind, std::string_view name) override {
        return Write(
            Change::What::kDeleted, kind, name, [&](Transaction& transaction) -> Result<bool> {
                GYRE_TRY(
                    transaction.Execute("DELETE FROM resource_tags WHERE arn = "
                                        "(SELECT arn FROM resources WHERE kind = ? AND name = ?)",
                                        {kind, name}));
                GYRE_TRY(RemoveStates(transaction, kind, name));
                GYRE_ASSIGN(const int64_t removed,
                            transaction.Execute("DELETE FROM resources WHERE kind = ? AND name = ?",
                                                {kind, name}));
                if (removed == 0) {
                    return core::Fail(Code::kNotFound,
                                      "there is no " + kind + " named " + std::string(name));
                }
                return true;
            });
    }

    Result<ListPage> List(const ListQuery& query) const override {
        if (query.limit < 1) {
            return core::Fail(Code::kInvalidArgument, "a page has at least one resource");
        }
        GYRE_ASSIGN(const detail::ListSql list, detail::MakeListSql(query));
        return Read<ListPage>([&](Transaction& transaction) -> Result<ListPage> {
            GYRE_ASSIGN(auto rows, transaction.Query(list.sql, list.parameters));
            const size_t count = std::min(rows.size(), static_cast<size_t>(query.limit));
            ListPage page;
            page.resources.reserve(count);
            for (size_t i = 0; i < count; ++i) {
                GYRE_ASSIGN(Resource resource, ResourceOf(rows[i]));
                page.resources.push_back(std::move(resource));
            }
            if (rows.size() > count) {
                page.next_token = detail::NextToken(query, page.resources.back());
            }
            return page;
        });
    }

    Result<Resource> GetByArn(std::string_view arn) const override {
        return Read<Resource>([&](Transaction& transaction) {
            return ReadOne(transaction, "r.arn = ?", {arn}, arn);
        });
    }

    Result<Tags> GetTags(std::string_view arn) const override {
        return Read<Tags>([&](Transaction& transaction) -> Result<Tags> {
            GYRE_TRY(CheckArn(transaction, arn));
            GYRE_ASSIGN(
                auto rows,
                transaction.Query("SELECT name, value FROM resource_tags WHERE arn = ?", {arn}));
            Tags tags;
            for (db::Row& row : rows) tags.emplace(row.TakeText(0), row.TakeText(1));
            return tags;
        });
    }

    Status ChangeTags(std::string_view arn, const Tags& set,
                      const std::vector<std::string>& remove) override {
        return database_.Write([&](Transaction& transaction) -> Status {
            GYRE_TRY(CheckArn(transaction, arn));
            for (const std::string& name : remove) {
                GYRE_TRY(transaction.Execute("DELETE FROM resource_tags WHERE arn = ? AND name = ?",
                                             {arn, name}));
            }
            return WriteTags(transaction, arn, set);
        });
    }

    std::shared_ptr<void> Subscribe(std::function<void(const Change&)> listener) override {
        return feed_.Subscribe(std::move(listener));
    }

  private:
    template <typename T>
    Result<T> Read(const std::function<Result<T>(Transaction&)>& work) const {
        T value{};
        GYRE_TRY(database_.Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(value, work(transaction));
            return {};
        }));
        return value;
    }

    /// Runs `work` in a transaction and, when it says that something changed, tells of it after.
    Status Write(Change::What what, const Kind& kind, std::string_view name,
                 const std::function<Result<bool>(Transaction&)>& work) {
        Change change{0, kind, std::string(name), what};
        bool changed = false;
        GYRE_TRY(database_.Write([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(changed, work(transaction));
            return changed ? transaction.Announce(kChannel, Announcement(change)) : Status();
        }));
        if (changed) Tell(std::move(change));
        return {};
    }

    void Tell(Change change) {
        change.sequence = ++sequence_;
        feed_.Tell(change);
    }

    void TellOfAll() {
        std::vector<Change> all;
        const Status read = database_.Read([&](Transaction& transaction) -> Status {
            GYRE_ASSIGN(auto rows, transaction.Query("SELECT kind, name FROM resources"));
            for (db::Row& row : rows) all.push_back({0, row.TakeText(0), row.TakeText(1)});
            return {};
        });
        if (!read) {
            core::LogWarning("changes of another server may have been missed",
                             {{"error", read.error().ToString()}});
        }
        for (Change& change : all) Tell(std::move(change));
    }

    static Status Insert(Transaction& transaction, const Resource& resource) {
        auto inserted = transaction.Execute(
            "INSERT INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            {resource.kind, resource.name, ArnValue(resource.arn),
             core::JsonText(resource.document), core::JsonText(resource.status), resource.version,
             Milliseconds(resource.created), Milliseconds(resource.modified)});
        if (inserted) return {};
        if (inserted.error().code == Code::kAlreadyExists) {
            return core::Fail(Code::kAlreadyExists,
                              "a " + resource.kind + " named " + resource.name + " exists already");
        }
        return core::Fail(std::move(inserted.error()));
    }

    static Status Overwrite(Transaction& transaction, const Resource& resource) {
        GYRE_TRY(transaction.Execute(
            "UPDATE resources SET document = ?, status = ?, version = ?, modified = ? "
            "WHERE kind = ? AND name = ?",
            {core::JsonText(resource.document), core::JsonText(resource.status), resource.version,
             Milliseconds(resource.modified), resource.kind, resource.name}));
        GYRE_TRY(RemoveStates(transaction, resource.kind, resource.name));
        return WriteStates(transaction, resource);
    }

    static Status CheckArn(Transaction& transaction, std::string_view arn) {
        GYRE_ASSIGN(const auto row,
                    transaction.QueryOne("SELECT 1 FROM resources WHERE arn = ?", {arn}));
        if (!row) return core::Fail(Code::kNotFound, "there is no " + std::string(arn));
        return {};
    }

    db::Database& database_;
    const core::Clock& clock_;
    std::atomic<int64_t> sequence_{0};
    detail::ChangeFeed feed_;
    std::shared_ptr<void> listening_;
};

}  // namespace

Result<std::unique_ptr<Catalog>> OpenCatalog(db::Database& database, const core::Clock& clock) {
    GYRE_TRY(database.Migrate("catalog", kMigrations));
    return std::make_unique<DatabaseCatalog>(database, clock);
}

}  // namespace gyre::catalog
