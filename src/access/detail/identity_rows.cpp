#include "access/detail/identity_rows.h"

#include <utility>

#include "access/detail/text.h"
#include "core/json.h"

namespace gyre::access::detail {
namespace {

using core::Result;
using core::Status;

int64_t Milliseconds(core::WallTime time) {
    return time.time_since_epoch().count();
}

core::WallTime Time(int64_t milliseconds) {
    return core::WallTime(core::milliseconds(milliseconds));
}

const char* KindName(PrincipalKind kind) {
    return kind == PrincipalKind::kUser ? "user" : "role";
}

/// All that a change may touch.
std::string DocumentOf(const Principal& principal) {
    core::JsonObject tags;
    for (const auto& [name, value] : principal.tags) tags[name] = value;
    core::JsonObject policies;
    for (const auto& [name, document] : principal.policies) policies[name] = document;
    core::JsonObject document{{"tags", std::move(tags)}, {"policies", std::move(policies)}};
    if (principal.kind == PrincipalKind::kRole) {
        document["description"] = principal.description;
        document["max_session"] = principal.max_session.count();
        document["trust_policy"] = principal.trust_policy;
    }
    return core::JsonText(document);
}

Status ReadDocument(const std::string& text, Principal& principal) {
    const auto damaged = [&] {
        return core::Fail(core::Code::kDataLoss,
                          "the stored identity " + principal.name + " is damaged");
    };
    const auto document = core::ParseJson(text);
    if (!document) return damaged();
    const core::Json* tags = core::JsonFind(*document, "tags");
    const core::Json* policies = core::JsonFind(*document, "policies");
    if (!tags || !tags->is_object() || !policies || !policies->is_object()) return damaged();
    for (const auto& [name, value] : tags->as_object()) {
        if (!value.is_string()) return damaged();
        principal.tags.emplace_back(name, value.as_string());
    }
    for (const auto& [name, value] : policies->as_object()) {
        if (!value.is_string()) return damaged();
        principal.policies.emplace(name, value.as_string());
    }
    principal.description = core::JsonString(*document, "description").value_or("");
    principal.max_session = core::seconds(core::JsonInt(*document, "max_session").value_or(3600));
    principal.trust_policy = core::JsonString(*document, "trust_policy").value_or("");
    return {};
}

/// Executes and forgets the number of rows.
Status Do(db::Transaction& transaction, std::string_view sql, const db::Parameters& parameters) {
    GYRE_TRY(transaction.Execute(sql, parameters));
    return {};
}

}  // namespace

const std::vector<db::Migration>& IdentityMigrations() {
    static const std::vector<db::Migration> kMigrations = {{1, "identities", R"(
CREATE TABLE access_principals (
    kind TEXT NOT NULL, name_key TEXT NOT NULL, name TEXT NOT NULL, path TEXT NOT NULL,
    id TEXT NOT NULL, created BIGINT NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (kind, name_key));
CREATE TABLE access_keys (
    id TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL, user_name TEXT NOT NULL,
    active BIGINT NOT NULL, created BIGINT NOT NULL);
CREATE TABLE access_sessions (
    access_key_id TEXT NOT NULL PRIMARY KEY, secret TEXT NOT NULL, token TEXT NOT NULL,
    role_id TEXT NOT NULL, role_arn TEXT NOT NULL, name TEXT NOT NULL, arn TEXT NOT NULL,
    policy TEXT NOT NULL, expires BIGINT NOT NULL);
CREATE INDEX access_sessions_expires ON access_sessions (expires);
)"}};
    return kMigrations;
}

std::string NameKey(std::string_view name) {
    return Lower(name);
}

Status InsertPrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction,
              "INSERT INTO access_principals (kind, name_key, name, path, id, created, document) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)",
              {KindName(principal.kind), NameKey(principal.name), principal.name, principal.path,
               principal.id, Milliseconds(principal.created), DocumentOf(principal)});
}

Status UpdatePrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction,
              "UPDATE access_principals SET document = ? WHERE kind = ? AND name_key = ?",
              {DocumentOf(principal), KindName(principal.kind), NameKey(principal.name)});
}

Status DeletePrincipal(db::Transaction& transaction, const Principal& principal) {
    return Do(transaction, "DELETE FROM access_principals WHERE kind = ? AND name_key = ?",
              {KindName(principal.kind), NameKey(principal.name)});
}

Result<std::vector<Principal>> ReadPrincipals(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows, transaction.Query("SELECT kind, name, path, id, created, document "
                                             "FROM access_principals"));
    std::vector<Principal> principals;
    for (db::Row& row : rows) {
        Principal& principal = principals.emplace_back();
        principal.kind = row.Text(0) == "user" ? PrincipalKind::kUser : PrincipalKind::kRole;
        principal.name = row.TakeText(1);
        principal.path = row.TakeText(2);
        principal.id = row.TakeText(3);
        principal.created = Time(row.Int(4));
        GYRE_TRY(ReadDocument(row.Text(5), principal));
    }
    return principals;
}

Status PutKey(db::Transaction& transaction, const AccessKey& key) {
    GYRE_TRY(DeleteKey(transaction, key.id));
    return Do(transaction,
              "INSERT INTO access_keys (id, secret, user_name, active, created) "
              "VALUES (?, ?, ?, ?, ?)",
              {key.id, key.secret, key.user, key.active ? 1 : 0, Milliseconds(key.created)});
}

Status DeleteKey(db::Transaction& transaction, std::string_view id) {
    return Do(transaction, "DELETE FROM access_keys WHERE id = ?", {id});
}

Result<std::vector<AccessKey>> ReadKeys(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows, transaction.Query("SELECT id, secret, user_name, active, created "
                                             "FROM access_keys ORDER BY created, id"));
    std::vector<AccessKey> keys;
    for (db::Row& row : rows) {
        keys.push_back(
            {row.TakeText(0), row.TakeText(1), row.TakeText(2), row.Int(3) != 0, Time(row.Int(4))});
    }
    return keys;
}

Status InsertSession(db::Transaction& transaction, const Session& session) {
    return Do(
        transaction,
        "INSERT INTO access_sessions (access_key_id, secret, token, role_id, role_arn, name, "
        "arn, policy, expires) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        {session.access_key_id, session.secret, session.token, session.role_id, session.role_arn,
         session.name, session.arn, session.policy, Milliseconds(session.expires)});
}

Status DeleteSessionsBefore(db::Transaction& transaction, core::WallTime time) {
    return Do(transaction, "DELETE FROM access_sessions WHERE expires < ?", {Milliseconds(time)});
}

Result<std::vector<Session>> ReadSessions(db::Transaction& transaction) {
    GYRE_ASSIGN(auto rows,
                transaction.Query("SELECT access_key_id, secret, token, role_id, role_arn, name, "
                                  "arn, policy, expires FROM access_sessions"));
    std::vector<Session> sessions;
    for (db::Row& row : rows) {
        sessions.push_back({row.TakeText(0), row.TakeText(1), row.TakeText(2), row.TakeText(3),
                            row.TakeText(4), row.TakeText(5), row.TakeText(6), row.TakeText(7),
                            Time(row.Int(8))});
    }
    return sessions;
}

}  // namespace gyre::access::detail
